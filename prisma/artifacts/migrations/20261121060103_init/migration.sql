-- CreateTable
CREATE TABLE "RetentionClass" (
    "slug" TEXT NOT NULL,
    "days" INTEGER,
    "shortenable" BOOLEAN NOT NULL,
    "description" TEXT NOT NULL,

    CONSTRAINT "RetentionClass_pkey" PRIMARY KEY ("slug")
);

-- CreateTable
CREATE TABLE "MetadataSchema" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "schema" JSONB NOT NULL,
    "description" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "MetadataSchema_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ArtifactPackage" (
    "id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "producer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "domain" TEXT,
    "repo" TEXT,
    "workstream" TEXT,
    "task" TEXT,
    "service" TEXT,
    "sourceCommits" JSONB NOT NULL,
    "metadataSchemaKey" TEXT,
    "metadata" JSONB NOT NULL,
    "retentionClass" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),
    "claimedManifestDigest" TEXT,
    "manifestDigest" TEXT,
    "fileCount" INTEGER NOT NULL DEFAULT 0,
    "byteCount" BIGINT NOT NULL DEFAULT 0,
    "reason" TEXT,
    "progressAt" TIMESTAMPTZ(3) NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "finalizedAt" TIMESTAMPTZ(3),
    "failedAt" TIMESTAMPTZ(3),
    "deletedAt" TIMESTAMPTZ(3),
    "deletedBy" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "ArtifactPackage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ArtifactManifest" (
    "packageId" UUID NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "ArtifactManifest_pkey" PRIMARY KEY ("packageId")
);

-- CreateTable
CREATE TABLE "ArtifactFile" (
    "id" UUID NOT NULL,
    "packageId" UUID NOT NULL,
    "path" TEXT COLLATE "C" NOT NULL,
    "mediaType" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "claimedSha256" TEXT,
    "claimedBlake3" TEXT,
    "sha256" TEXT,
    "blake3" TEXT,
    "uploadState" TEXT,
    "lease" UUID,
    "leaseUntil" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "completedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ArtifactFile_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Blob" (
    "blake3" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Blob_pkey" PRIMARY KEY ("blake3")
);

-- CreateTable
CREATE TABLE "StorageLocation" (
    "id" UUID NOT NULL,
    "blake3" TEXT NOT NULL,
    "backend" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "checkedAt" TIMESTAMPTZ(3),
    "damagedAt" TIMESTAMPTZ(3),
    "note" TEXT,
    "held" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "StorageLocation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ScrubRun" (
    "id" UUID NOT NULL,
    "backend" TEXT NOT NULL,
    "all" BOOLEAN NOT NULL,
    "dueBefore" TIMESTAMPTZ(3) NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "startedBy" TEXT NOT NULL,
    "lease" UUID,
    "leaseUntil" TIMESTAMPTZ(3),
    "error" TEXT,
    "due" INTEGER NOT NULL DEFAULT 0,
    "checked" INTEGER NOT NULL DEFAULT 0,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "lost" INTEGER NOT NULL DEFAULT 0,
    "changed" INTEGER NOT NULL DEFAULT 0,
    "repaired" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "ScrubRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Hold" (
    "id" UUID NOT NULL,
    "packageId" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "authority" TEXT NOT NULL,
    "placedBy" TEXT NOT NULL,
    "placedAt" TIMESTAMPTZ(3) NOT NULL,
    "releasedBy" TEXT,
    "releasedAt" TIMESTAMPTZ(3),
    "releaseReason" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Hold_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RetentionEvent" (
    "id" UUID NOT NULL,
    "packageId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "fromDate" TIMESTAMPTZ(3),
    "toDate" TIMESTAMPTZ(3),
    "holdId" UUID,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RetentionEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "sequence" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "packageId" UUID,
    "data" JSONB NOT NULL,
    "previous" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "AuditHead" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditHead_pkey" PRIMARY KEY ("only")
);

-- CreateIndex
CREATE UNIQUE INDEX "MetadataSchema_key_key" ON "MetadataSchema"("key");

-- CreateIndex
CREATE UNIQUE INDEX "MetadataSchema_name_number_key" ON "MetadataSchema"("name", "number");

-- CreateIndex
CREATE INDEX "ArtifactPackage_repo_createdAt_id_idx" ON "ArtifactPackage"("repo", "createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_workstream_createdAt_id_idx" ON "ArtifactPackage"("workstream", "createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_task_createdAt_id_idx" ON "ArtifactPackage"("task", "createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_service_createdAt_id_idx" ON "ArtifactPackage"("service", "createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_domain_createdAt_id_idx" ON "ArtifactPackage"("domain", "createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_status_progressAt_idx" ON "ArtifactPackage"("status", "progressAt");

-- CreateIndex
CREATE INDEX "ArtifactPackage_status_expiresAt_id_idx" ON "ArtifactPackage"("status", "expiresAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactPackage_manifestDigest_idx" ON "ArtifactPackage"("manifestDigest");

-- CreateIndex
CREATE INDEX "ArtifactPackage_claimedManifestDigest_idx" ON "ArtifactPackage"("claimedManifestDigest");

-- CreateIndex
CREATE INDEX "ArtifactPackage_createdAt_id_idx" ON "ArtifactPackage"("createdAt", "id");

-- CreateIndex
CREATE INDEX "ArtifactFile_packageId_status_idx" ON "ArtifactFile"("packageId", "status");

-- CreateIndex
CREATE INDEX "ArtifactFile_blake3_idx" ON "ArtifactFile"("blake3");

-- CreateIndex
CREATE UNIQUE INDEX "ArtifactFile_packageId_path_key" ON "ArtifactFile"("packageId", "path");

-- CreateIndex
CREATE INDEX "StorageLocation_backend_status_checkedAt_id_idx" ON "StorageLocation"("backend", "status", "checkedAt", "id");

-- CreateIndex
CREATE INDEX "StorageLocation_status_id_idx" ON "StorageLocation"("status", "id");

-- CreateIndex
CREATE INDEX "StorageLocation_backend_held_blake3_idx" ON "StorageLocation"("backend", "held", "blake3");

-- CreateIndex
CREATE UNIQUE INDEX "StorageLocation_blake3_backend_key" ON "StorageLocation"("blake3", "backend");

-- CreateIndex
CREATE INDEX "ScrubRun_startedAt_id_idx" ON "ScrubRun"("startedAt", "id");

-- CreateIndex
CREATE INDEX "ScrubRun_backend_finishedAt_idx" ON "ScrubRun"("backend", "finishedAt");

-- CreateIndex
CREATE INDEX "Hold_packageId_placedAt_id_idx" ON "Hold"("packageId", "placedAt", "id");

-- CreateIndex
CREATE INDEX "Hold_status_packageId_idx" ON "Hold"("status", "packageId");

-- CreateIndex
CREATE INDEX "RetentionEvent_packageId_at_id_idx" ON "RetentionEvent"("packageId", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_packageId_sequence_idx" ON "AuditEvent"("packageId", "sequence");

-- AddForeignKey
ALTER TABLE "ArtifactPackage" ADD CONSTRAINT "ArtifactPackage_retentionClass_fkey" FOREIGN KEY ("retentionClass") REFERENCES "RetentionClass"("slug") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ArtifactPackage" ADD CONSTRAINT "ArtifactPackage_metadataSchemaKey_fkey" FOREIGN KEY ("metadataSchemaKey") REFERENCES "MetadataSchema"("key") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ArtifactManifest" ADD CONSTRAINT "ArtifactManifest_packageId_fkey" FOREIGN KEY ("packageId") REFERENCES "ArtifactPackage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ArtifactFile" ADD CONSTRAINT "ArtifactFile_packageId_fkey" FOREIGN KEY ("packageId") REFERENCES "ArtifactPackage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StorageLocation" ADD CONSTRAINT "StorageLocation_blake3_fkey" FOREIGN KEY ("blake3") REFERENCES "Blob"("blake3") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Hold" ADD CONSTRAINT "Hold_packageId_fkey" FOREIGN KEY ("packageId") REFERENCES "ArtifactPackage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RetentionEvent" ADD CONSTRAINT "RetentionEvent_packageId_fkey" FOREIGN KEY ("packageId") REFERENCES "ArtifactPackage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The chain begins before its first event.
INSERT INTO "AuditHead" ("only", "sequence", "hash") VALUES (true, 0, repeat('0', 64));

INSERT INTO "RetentionClass" ("slug", "days", "shortenable", "description") VALUES
  ('transient', 30, true, 'Of use while the work goes on.'),
  ('raw-evidence', 365, true, 'What was observed, as it was observed.'),
  ('summary-evidence', 1095, true, 'What was concluded from raw evidence.'),
  ('release-evidence', 2555, false, 'What a release was decided on.'),
  ('permanent-record', NULL, false, 'Kept for ever.');

-- The schema that ships with the hub (src/content/guide-board.ts), in use from the beginning: it never changes.
INSERT INTO "MetadataSchema" ("id", "key", "name", "number", "schema", "description", "createdBy", "createdAt", "usedAt") VALUES
  ('019a9c00-0000-7000-8000-000000000001', 'guide-board.run.v1', 'guide-board.run', 1, $json${"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Run of a guide-board assessment","description":"What is known about one assessment run whose files the package preserves.","type":"object","required":["run_id","target_profile_ref","assessment_profile_ref","result_status","source_commits","report_paths","evidence_counts","finding_counts"],"additionalProperties":false,"properties":{"run_id":{"description":"Id of the run, as the tool gave it.","$ref":"#/$defs/text"},"target_profile_ref":{"description":"Profile of what was assessed, with its version where it has one.","$ref":"#/$defs/text"},"assessment_profile_ref":{"description":"Profile of the questions that were asked, with its version where it has one.","$ref":"#/$defs/text"},"result_status":{"description":"How the run ended, in the tool's own word, such as passed or failed.","type":"string","pattern":"^[a-z0-9]+([ _-][a-z0-9]+)*$","maxLength":100},"source_commits":{"description":"Commit that was assessed, by slug of its repo.","type":"object","maxProperties":1000,"propertyNames":{"pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","maxLength":100},"additionalProperties":{"type":"string","pattern":"^([0-9a-f]{40}|[0-9a-f]{64})$"}},"report_paths":{"description":"Logical paths of the reports within the package.","type":"array","maxItems":10000,"uniqueItems":true,"items":{"type":"string","minLength":1,"maxLength":1024}},"evidence_counts":{"description":"Number of pieces of evidence, by kind.","$ref":"#/$defs/counts"},"finding_counts":{"description":"Number of findings, by severity or verdict.","$ref":"#/$defs/counts"}},"$defs":{"text":{"type":"string","minLength":1,"maxLength":500},"counts":{"type":"object","maxProperties":1000,"additionalProperties":{"type":"integer","minimum":0}}}}$json$, 'Run of a guide-board assessment', 'hubgraph', CURRENT_TIMESTAMP(3), CURRENT_TIMESTAMP(3));
