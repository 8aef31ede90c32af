-- CreateTable
CREATE TABLE "Contribution" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "repo" TEXT,
    "targetOrg" TEXT NOT NULL,
    "targetRepo" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT,
    "bodyPath" TEXT,
    "workstream" TEXT,
    "topic" TEXT,
    "package" TEXT,
    "upstreamUrl" TEXT,
    "answerUrl" TEXT,
    "reason" TEXT,
    "notes" TEXT,
    "evidence" TEXT[],
    "supersedesId" UUID,
    "sourcePath" TEXT,
    "sourceSha256" TEXT,
    "submittedAt" TIMESTAMPTZ(3),
    "acknowledgedAt" TIMESTAMPTZ(3),
    "resolvedAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Contribution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ExtensionPointCounter" (
    "domain" TEXT NOT NULL,
    "last" INTEGER NOT NULL,

    CONSTRAINT "ExtensionPointCounter_pkey" PRIMARY KEY ("domain")
);

-- CreateTable
CREATE TABLE "SbomSnapshot" (
    "id" UUID NOT NULL,
    "repo" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "takenAt" TIMESTAMPTZ(3) NOT NULL,
    "takenBy" TEXT NOT NULL,
    "contentDigest" TEXT NOT NULL,
    "current" BOOLEAN NOT NULL,
    "files" JSONB NOT NULL,
    "entryCount" INTEGER,
    "packageCount" INTEGER,
    "directCount" INTEGER,
    "transitiveCount" INTEGER,
    "prodCount" INTEGER,
    "devCount" INTEGER,
    "unknownScopeCount" INTEGER,

    CONSTRAINT "SbomSnapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SbomPackage" (
    "id" UUID NOT NULL,
    "snapshotId" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "purl" TEXT NOT NULL,
    "package" TEXT NOT NULL,
    "ecosystem" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "alias" TEXT,
    "version" TEXT,
    "direct" BOOLEAN,
    "dev" BOOLEAN,
    "scope" TEXT,
    "flags" TEXT[],
    "source" JSONB NOT NULL,
    "integrity" TEXT,
    "path" TEXT,
    "thirdParty" BOOLEAN NOT NULL,
    "declaredLicence" TEXT,
    "licenceSource" TEXT,
    "expression" TEXT,
    "licenceClass" TEXT NOT NULL,
    "copyleft" BOOLEAN NOT NULL,
    "dependsOn" JSONB,

    CONSTRAINT "SbomPackage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LicenceConclusion" (
    "id" UUID NOT NULL,
    "purl" TEXT NOT NULL,
    "expression" TEXT NOT NULL,
    "licenceClass" TEXT NOT NULL,
    "copyleft" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "evidence" TEXT[],
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "LicenceConclusion_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Contribution_slug_key" ON "Contribution"("slug");

-- CreateIndex
CREATE INDEX "Contribution_status_type_idx" ON "Contribution"("status", "type");

-- CreateIndex
CREATE INDEX "Contribution_repo_createdAt_id_idx" ON "Contribution"("repo", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Contribution_workstream_createdAt_id_idx" ON "Contribution"("workstream", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Contribution_domain_createdAt_id_idx" ON "Contribution"("domain", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Contribution_package_idx" ON "Contribution"("package");

-- CreateIndex
CREATE INDEX "Contribution_supersedesId_idx" ON "Contribution"("supersedesId");

-- CreateIndex
CREATE INDEX "Contribution_sourcePath_idx" ON "Contribution"("sourcePath");

-- CreateIndex
CREATE INDEX "Contribution_createdAt_id_idx" ON "Contribution"("createdAt", "id");

-- CreateIndex
CREATE INDEX "SbomSnapshot_current_repo_idx" ON "SbomSnapshot"("current", "repo");

-- CreateIndex
CREATE UNIQUE INDEX "SbomSnapshot_repo_version_key" ON "SbomSnapshot"("repo", "version");

-- CreateIndex
CREATE INDEX "SbomPackage_snapshotId_ordinal_id_idx" ON "SbomPackage"("snapshotId", "ordinal", "id");

-- CreateIndex
CREATE INDEX "SbomPackage_purl_snapshotId_idx" ON "SbomPackage"("purl", "snapshotId");

-- CreateIndex
CREATE INDEX "SbomPackage_package_snapshotId_idx" ON "SbomPackage"("package", "snapshotId");

-- CreateIndex
CREATE UNIQUE INDEX "SbomPackage_snapshotId_key_key" ON "SbomPackage"("snapshotId", "key");

-- CreateIndex
CREATE INDEX "LicenceConclusion_purl_at_id_idx" ON "LicenceConclusion"("purl", "at", "id");

-- AddForeignKey
ALTER TABLE "Contribution" ADD CONSTRAINT "Contribution_supersedesId_fkey" FOREIGN KEY ("supersedesId") REFERENCES "Contribution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SbomPackage" ADD CONSTRAINT "SbomPackage_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "SbomSnapshot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
