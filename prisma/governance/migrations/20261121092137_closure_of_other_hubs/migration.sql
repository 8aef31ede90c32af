-- CreateTable
CREATE TABLE "FollowedHub" (
    "hub" TEXT NOT NULL,
    "epoch" TEXT,
    "position" BIGINT NOT NULL DEFAULT 0,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "FollowedHub_pkey" PRIMARY KEY ("hub")
);

-- CreateTable
CREATE TABLE "ForeignItem" (
    "noun" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "hub" TEXT NOT NULL,
    "code" TEXT,
    "title" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "waits" BOOLEAN NOT NULL,
    "workstream" TEXT,
    "service" TEXT,
    "domain" TEXT,
    "repo" TEXT,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "position" BIGINT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ForeignItem_pkey" PRIMARY KEY ("noun","id")
);

-- CreateTable
CREATE TABLE "ForeignFault" (
    "id" UUID NOT NULL,
    "hub" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "type" TEXT,
    "subject" TEXT,
    "missed" INTEGER NOT NULL DEFAULT 1,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ForeignFault_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ForeignRebuild" (
    "id" UUID NOT NULL,
    "hub" TEXT NOT NULL,
    "epoch" TEXT,
    "position" BIGINT NOT NULL,
    "startedBy" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ForeignRebuild_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ForeignStaged" (
    "rebuildId" UUID NOT NULL,
    "noun" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "item" JSONB NOT NULL,

    CONSTRAINT "ForeignStaged_pkey" PRIMARY KEY ("rebuildId","noun","id")
);

-- CreateIndex
CREATE INDEX "ForeignItem_workstream_waits_idx" ON "ForeignItem"("workstream", "waits");

-- CreateIndex
CREATE INDEX "ForeignItem_service_waits_idx" ON "ForeignItem"("service", "waits");

-- CreateIndex
CREATE INDEX "ForeignItem_noun_repo_idx" ON "ForeignItem"("noun", "repo");

-- CreateIndex
CREATE INDEX "ForeignItem_hub_position_idx" ON "ForeignItem"("hub", "position");

-- CreateIndex
CREATE INDEX "ForeignItem_waits_updatedAt_idx" ON "ForeignItem"("waits", "updatedAt");

-- CreateIndex
CREATE INDEX "ForeignFault_hub_subject_idx" ON "ForeignFault"("hub", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "ForeignFault_hub_position_key" ON "ForeignFault"("hub", "position");

-- CreateIndex
CREATE UNIQUE INDEX "ForeignRebuild_hub_key" ON "ForeignRebuild"("hub");

-- AddForeignKey
ALTER TABLE "ForeignStaged" ADD CONSTRAINT "ForeignStaged_rebuildId_fkey" FOREIGN KEY ("rebuildId") REFERENCES "ForeignRebuild"("id") ON DELETE CASCADE ON UPDATE CASCADE;
