-- CreateTable
CREATE TABLE "Service" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "repo" TEXT,
    "owner" TEXT NOT NULL,
    "tier" TEXT NOT NULL,
    "description" TEXT,
    "retiredAt" TIMESTAMPTZ(3),
    "source" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Service_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Environment" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT,
    "description" TEXT,
    "source" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Environment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ServiceEnvironment" (
    "serviceId" UUID NOT NULL,
    "environmentId" UUID NOT NULL,
    "url" TEXT,
    "releaseDigest" TEXT,
    "deploymentId" UUID,

    CONSTRAINT "ServiceEnvironment_pkey" PRIMARY KEY ("serviceId","environmentId")
);

-- CreateTable
CREATE TABLE "Reporter" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "owner" TEXT,
    "service" TEXT,
    "manifest" JSONB NOT NULL,
    "url" TEXT,
    "source" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Reporter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Deployment" (
    "id" UUID NOT NULL,
    "service" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "place" TEXT,
    "releaseDigest" TEXT NOT NULL,
    "release" TEXT,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "result" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "rollbackOfId" UUID,
    "source" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "domain" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Deployment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Evidence" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "service" TEXT,
    "workstream" TEXT,
    "migrationRun" TEXT,
    "domain" TEXT,
    "releaseDigest" TEXT,
    "result" TEXT NOT NULL,
    "observedAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedBy" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "report" JSONB NOT NULL,

    CONSTRAINT "Evidence_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Gate" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "service" TEXT,
    "workstream" TEXT,
    "migrationRunId" UUID,
    "phase" TEXT,
    "owner" TEXT NOT NULL,
    "requirements" JSONB NOT NULL,
    "releaseDigest" TEXT,
    "decision" TEXT NOT NULL,
    "decidedAt" TIMESTAMPTZ(3),
    "decidedBy" TEXT,
    "decidedRelease" TEXT,
    "note" TEXT,
    "waiverDecision" TEXT,
    "waiverRisk" UUID,
    "waiverUntil" TIMESTAMPTZ(3),
    "toldStatus" TEXT NOT NULL,
    "toldAt" TIMESTAMPTZ(3) NOT NULL,
    "changesAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Gate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MigrationRun" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "service" TEXT,
    "workstream" TEXT,
    "status" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "bundleDigest" TEXT,
    "countsIn" INTEGER,
    "countsStored" INTEGER,
    "cutoverDecision" TEXT,
    "legacyFallback" BOOLEAN,
    "soakUntil" TIMESTAMPTZ(3),
    "rollbackRehearsedAt" TIMESTAMPTZ(3),
    "reason" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "MigrationRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Alert" (
    "id" UUID NOT NULL,
    "dedupKey" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "severityRank" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "detail" TEXT,
    "subject" TEXT NOT NULL,
    "service" TEXT,
    "workstream" TEXT,
    "repo" TEXT,
    "domain" TEXT,
    "package" TEXT,
    "source" TEXT NOT NULL,
    "labels" JSONB NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 1,
    "firstAt" TIMESTAMPTZ(3) NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,
    "owner" TEXT,
    "waitsSince" TIMESTAMPTZ(3) NOT NULL,
    "acknowledgedAt" TIMESTAMPTZ(3),
    "acknowledgedUntil" TIMESTAMPTZ(3),
    "escalation" INTEGER NOT NULL DEFAULT 0,
    "escalatedAt" TIMESTAMPTZ(3),
    "escalatedTo" TEXT,
    "resolvedAt" TIMESTAMPTZ(3),
    "resolvedBy" TEXT,
    "note" TEXT,
    "previousId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AlertEntry" (
    "id" UUID NOT NULL,
    "alertId" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "note" TEXT,
    "count" INTEGER NOT NULL DEFAULT 1,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AlertEntry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Silence" (
    "id" UUID NOT NULL,
    "matchers" JSONB NOT NULL,
    "startsAt" TIMESTAMPTZ(3) NOT NULL,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "comment" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "endedBy" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Silence_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InhibitionRule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "target" JSONB NOT NULL,
    "equal" TEXT[],
    "comment" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "InhibitionRule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Risk" (
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "status" TEXT NOT NULL,
    "likelihood" INTEGER NOT NULL,
    "impact" INTEGER NOT NULL,
    "score" INTEGER NOT NULL,
    "residualScore" INTEGER,
    "owner" TEXT NOT NULL,
    "level" TEXT,
    "reviewDate" DATE,
    "decision" TEXT,
    "mitigation" TEXT,
    "reason" TEXT,
    "subject" TEXT NOT NULL,
    "service" TEXT,
    "workstream" TEXT,
    "repo" TEXT,
    "domain" TEXT,
    "package" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Risk_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "StreamPosition" (
    "stream" TEXT NOT NULL,
    "epoch" TEXT,
    "position" BIGINT NOT NULL DEFAULT 0,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "StreamPosition_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "PoisonMessage" (
    "id" UUID NOT NULL,
    "stream" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "type" TEXT,
    "subject" TEXT,
    "raw" BYTEA NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 1,
    "outcome" TEXT,
    "settledAt" TIMESTAMPTZ(3),
    "settledBy" TEXT,

    CONSTRAINT "PoisonMessage_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Service_slug_key" ON "Service"("slug");

-- CreateIndex
CREATE INDEX "Service_domain_slug_idx" ON "Service"("domain", "slug");

-- CreateIndex
CREATE INDEX "Service_repo_slug_idx" ON "Service"("repo", "slug");

-- CreateIndex
CREATE UNIQUE INDEX "Environment_slug_key" ON "Environment"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "Reporter_kind_slug_key" ON "Reporter"("kind", "slug");

-- CreateIndex
CREATE INDEX "Deployment_service_startedAt_id_idx" ON "Deployment"("service", "startedAt", "id");

-- CreateIndex
CREATE INDEX "Deployment_service_environment_result_finishedAt_idx" ON "Deployment"("service", "environment", "result", "finishedAt");

-- CreateIndex
CREATE INDEX "Deployment_rollbackOfId_idx" ON "Deployment"("rollbackOfId");

-- CreateIndex
CREATE UNIQUE INDEX "Deployment_source_sourceKey_key" ON "Deployment"("source", "sourceKey");

-- CreateIndex
CREATE INDEX "Evidence_service_gate_idx" ON "Evidence"("service", "kind", "environment", "result", "observedAt", "id");

-- CreateIndex
CREATE INDEX "Evidence_service_release_idx" ON "Evidence"("service", "releaseDigest", "kind", "environment", "result", "observedAt", "id");

-- CreateIndex
CREATE INDEX "Evidence_workstream_gate_idx" ON "Evidence"("workstream", "kind", "environment", "result", "observedAt", "id", "releaseDigest");

-- CreateIndex
CREATE INDEX "Evidence_migrationRun_gate_idx" ON "Evidence"("migrationRun", "kind", "environment", "result", "observedAt", "id", "releaseDigest");

-- CreateIndex
CREATE INDEX "Evidence_domain_gate_idx" ON "Evidence"("domain", "kind", "environment", "result", "observedAt", "id", "releaseDigest");

-- CreateIndex
CREATE INDEX "Evidence_service_observedAt_id_idx" ON "Evidence"("service", "observedAt", "id");

-- CreateIndex
CREATE INDEX "Evidence_workstream_observedAt_id_idx" ON "Evidence"("workstream", "observedAt", "id");

-- CreateIndex
CREATE INDEX "Evidence_domain_observedAt_id_idx" ON "Evidence"("domain", "observedAt", "id");

-- CreateIndex
CREATE INDEX "Evidence_observedAt_id_idx" ON "Evidence"("observedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Evidence_source_sourceKey_key" ON "Evidence"("source", "sourceKey");

-- CreateIndex
CREATE UNIQUE INDEX "Gate_code_key" ON "Gate"("code");

-- CreateIndex
CREATE INDEX "Gate_domain_code_idx" ON "Gate"("domain", "code");

-- CreateIndex
CREATE INDEX "Gate_service_idx" ON "Gate"("service");

-- CreateIndex
CREATE INDEX "Gate_workstream_idx" ON "Gate"("workstream");

-- CreateIndex
CREATE INDEX "Gate_migrationRunId_idx" ON "Gate"("migrationRunId");

-- CreateIndex
CREATE INDEX "Gate_changesAt_idx" ON "Gate"("changesAt");

-- CreateIndex
CREATE INDEX "Gate_waiverRisk_idx" ON "Gate"("waiverRisk");

-- CreateIndex
CREATE UNIQUE INDEX "MigrationRun_code_key" ON "MigrationRun"("code");

-- CreateIndex
CREATE INDEX "MigrationRun_domain_code_idx" ON "MigrationRun"("domain", "code");

-- CreateIndex
CREATE INDEX "MigrationRun_service_idx" ON "MigrationRun"("service");

-- CreateIndex
CREATE INDEX "MigrationRun_workstream_idx" ON "MigrationRun"("workstream");

-- CreateIndex
CREATE INDEX "Alert_dedupKey_createdAt_idx" ON "Alert"("dedupKey", "createdAt");

-- CreateIndex
CREATE INDEX "Alert_severityRank_lastAt_id_idx" ON "Alert"("severityRank", "lastAt", "id");

-- CreateIndex
CREATE INDEX "Alert_lastAt_id_idx" ON "Alert"("lastAt", "id");

-- CreateIndex
CREATE INDEX "Alert_status_acknowledgedUntil_idx" ON "Alert"("status", "acknowledgedUntil");

-- CreateIndex
CREATE INDEX "Alert_package_status_idx" ON "Alert"("package", "status");

-- CreateIndex
CREATE INDEX "Alert_service_status_idx" ON "Alert"("service", "status");

-- CreateIndex
CREATE INDEX "Alert_workstream_status_idx" ON "Alert"("workstream", "status");

-- CreateIndex
CREATE INDEX "Alert_repo_status_idx" ON "Alert"("repo", "status");

-- CreateIndex
CREATE INDEX "Alert_domain_status_idx" ON "Alert"("domain", "status");

-- CreateIndex
CREATE INDEX "Alert_createdAt_id_idx" ON "Alert"("createdAt", "id");

-- CreateIndex
CREATE INDEX "AlertEntry_alertId_id_idx" ON "AlertEntry"("alertId", "id");

-- CreateIndex
CREATE INDEX "Silence_endsAt_id_idx" ON "Silence"("endsAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "InhibitionRule_name_key" ON "InhibitionRule"("name");

-- CreateIndex
CREATE INDEX "Risk_status_score_id_idx" ON "Risk"("status", "score", "id");

-- CreateIndex
CREATE INDEX "Risk_domain_status_idx" ON "Risk"("domain", "status");

-- CreateIndex
CREATE INDEX "Risk_service_status_idx" ON "Risk"("service", "status");

-- CreateIndex
CREATE INDEX "Risk_workstream_status_idx" ON "Risk"("workstream", "status");

-- CreateIndex
CREATE INDEX "Risk_createdAt_id_idx" ON "Risk"("createdAt", "id");

-- CreateIndex
CREATE INDEX "PoisonMessage_outcome_at_id_idx" ON "PoisonMessage"("outcome", "at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "PoisonMessage_stream_position_key" ON "PoisonMessage"("stream", "position");

-- AddForeignKey
ALTER TABLE "ServiceEnvironment" ADD CONSTRAINT "ServiceEnvironment_serviceId_fkey" FOREIGN KEY ("serviceId") REFERENCES "Service"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ServiceEnvironment" ADD CONSTRAINT "ServiceEnvironment_environmentId_fkey" FOREIGN KEY ("environmentId") REFERENCES "Environment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Deployment" ADD CONSTRAINT "Deployment_rollbackOfId_fkey" FOREIGN KEY ("rollbackOfId") REFERENCES "Deployment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Gate" ADD CONSTRAINT "Gate_migrationRunId_fkey" FOREIGN KEY ("migrationRunId") REFERENCES "MigrationRun"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertEntry" ADD CONSTRAINT "AlertEntry_alertId_fkey" FOREIGN KEY ("alertId") REFERENCES "Alert"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Of one key at most one alert is open, whatever happens at once.
CREATE UNIQUE INDEX "Alert_open_dedupKey" ON "Alert" ("dedupKey") WHERE "status" <> 'RESOLVED';
