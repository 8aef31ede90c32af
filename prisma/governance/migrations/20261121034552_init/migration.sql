-- CreateTable
CREATE TABLE "Domain" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "owner" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Topic" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "domainId" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Topic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Repo" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "domainId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "url" TEXT,
    "defaultBranch" TEXT,
    "ecosystem" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Repo_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Goal" (
    "id" UUID NOT NULL,
    "domainId" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "status" TEXT NOT NULL,
    "targetDate" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Goal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Workstream" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "summary" TEXT,
    "domainId" UUID NOT NULL,
    "repoId" UUID,
    "topicId" UUID,
    "status" TEXT NOT NULL,
    "owner" TEXT,
    "planningPriority" TEXT,
    "planningOrder" INTEGER,
    "pauseReason" TEXT,
    "supersededById" UUID,
    "sourcePath" TEXT,
    "sourceSha256" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "closedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Workstream_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Task" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "workstreamId" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "status" TEXT NOT NULL,
    "priority" TEXT NOT NULL,
    "assignee" TEXT,
    "waitingOn" TEXT,
    "waitingFrom" TEXT,
    "acceptance" JSONB NOT NULL DEFAULT '[]',
    "completionNote" TEXT,
    "cancelReason" TEXT,
    "supersededBy" TEXT,
    "successorId" UUID,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "staleAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Dependency" (
    "id" UUID NOT NULL,
    "fromKind" TEXT NOT NULL,
    "fromId" UUID NOT NULL,
    "toKind" TEXT NOT NULL,
    "toId" UUID NOT NULL,
    "reason" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Dependency_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Decision" (
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "context" TEXT,
    "options" JSONB NOT NULL DEFAULT '[]',
    "choice" TEXT,
    "rationale" TEXT,
    "consequences" TEXT,
    "deciders" TEXT[],
    "status" TEXT NOT NULL,
    "blocking" BOOLEAN NOT NULL DEFAULT false,
    "domains" TEXT[],
    "workstreamId" UUID,
    "supersededById" UUID,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "decidedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Decision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ClosureReview" (
    "id" UUID NOT NULL,
    "workstreamId" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "outcome" TEXT,
    "snapshot" JSONB NOT NULL,
    "classifications" JSONB NOT NULL DEFAULT '[]',
    "openedBy" TEXT NOT NULL,
    "openedAt" TIMESTAMPTZ(3) NOT NULL,
    "reviewer" TEXT,
    "closedAt" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "ClosureReview_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ProgressEntry" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "eventType" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "details" JSONB NOT NULL,
    "domainId" UUID,
    "repoId" UUID,
    "workstreamId" UUID,
    "taskId" UUID,

    CONSTRAINT "ProgressEntry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Domain_slug_key" ON "Domain"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "Topic_slug_key" ON "Topic"("slug");

-- CreateIndex
CREATE INDEX "Topic_domainId_slug_idx" ON "Topic"("domainId", "slug");

-- CreateIndex
CREATE UNIQUE INDEX "Repo_slug_key" ON "Repo"("slug");

-- CreateIndex
CREATE INDEX "Repo_domainId_slug_idx" ON "Repo"("domainId", "slug");

-- CreateIndex
CREATE INDEX "Goal_domainId_createdAt_id_idx" ON "Goal"("domainId", "createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Workstream_code_key" ON "Workstream"("code");

-- CreateIndex
CREATE INDEX "Workstream_domainId_code_id_idx" ON "Workstream"("domainId", "code", "id");

-- CreateIndex
CREATE INDEX "Workstream_repoId_code_id_idx" ON "Workstream"("repoId", "code", "id");

-- CreateIndex
CREATE INDEX "Workstream_status_idx" ON "Workstream"("status");

-- CreateIndex
CREATE UNIQUE INDEX "Task_code_key" ON "Task"("code");

-- CreateIndex
CREATE INDEX "Task_workstreamId_ordinal_id_idx" ON "Task"("workstreamId", "ordinal", "id");

-- CreateIndex
CREATE INDEX "Task_status_updatedAt_idx" ON "Task"("status", "updatedAt");

-- CreateIndex
CREATE INDEX "Dependency_toId_idx" ON "Dependency"("toId");

-- CreateIndex
CREATE UNIQUE INDEX "Dependency_fromId_toId_key" ON "Dependency"("fromId", "toId");

-- CreateIndex
CREATE INDEX "Decision_workstreamId_createdAt_id_idx" ON "Decision"("workstreamId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Decision_status_idx" ON "Decision"("status");

-- CreateIndex
CREATE INDEX "Decision_createdAt_id_idx" ON "Decision"("createdAt", "id");

-- CreateIndex
CREATE INDEX "ClosureReview_workstreamId_openedAt_id_idx" ON "ClosureReview"("workstreamId", "openedAt", "id");

-- CreateIndex
CREATE INDEX "ProgressEntry_at_id_idx" ON "ProgressEntry"("at", "id");

-- CreateIndex
CREATE INDEX "ProgressEntry_domainId_at_id_idx" ON "ProgressEntry"("domainId", "at", "id");

-- CreateIndex
CREATE INDEX "ProgressEntry_repoId_at_id_idx" ON "ProgressEntry"("repoId", "at", "id");

-- CreateIndex
CREATE INDEX "ProgressEntry_workstreamId_at_id_idx" ON "ProgressEntry"("workstreamId", "at", "id");

-- CreateIndex
CREATE INDEX "ProgressEntry_taskId_at_id_idx" ON "ProgressEntry"("taskId", "at", "id");

-- AddForeignKey
ALTER TABLE "Topic" ADD CONSTRAINT "Topic_domainId_fkey" FOREIGN KEY ("domainId") REFERENCES "Domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Repo" ADD CONSTRAINT "Repo_domainId_fkey" FOREIGN KEY ("domainId") REFERENCES "Domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Goal" ADD CONSTRAINT "Goal_domainId_fkey" FOREIGN KEY ("domainId") REFERENCES "Domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Workstream" ADD CONSTRAINT "Workstream_domainId_fkey" FOREIGN KEY ("domainId") REFERENCES "Domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Workstream" ADD CONSTRAINT "Workstream_repoId_fkey" FOREIGN KEY ("repoId") REFERENCES "Repo"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Workstream" ADD CONSTRAINT "Workstream_topicId_fkey" FOREIGN KEY ("topicId") REFERENCES "Topic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Workstream" ADD CONSTRAINT "Workstream_supersededById_fkey" FOREIGN KEY ("supersededById") REFERENCES "Workstream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Task" ADD CONSTRAINT "Task_workstreamId_fkey" FOREIGN KEY ("workstreamId") REFERENCES "Workstream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Task" ADD CONSTRAINT "Task_successorId_fkey" FOREIGN KEY ("successorId") REFERENCES "Task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Decision" ADD CONSTRAINT "Decision_supersededById_fkey" FOREIGN KEY ("supersededById") REFERENCES "Decision"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ClosureReview" ADD CONSTRAINT "ClosureReview_workstreamId_fkey" FOREIGN KEY ("workstreamId") REFERENCES "Workstream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
