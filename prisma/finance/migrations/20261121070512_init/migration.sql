-- CreateTable
CREATE TABLE "BillingPeriod" (
    "id" UUID NOT NULL,
    "month" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "closedAt" TIMESTAMPTZ(3),
    "closedBy" TEXT,
    "reason" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "BillingPeriod_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Budget" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "periodStart" DATE NOT NULL,
    "periodEnd" DATE NOT NULL,
    "currency" TEXT NOT NULL,
    "allocated" DECIMAL(38,18) NOT NULL,
    "parentId" UUID,
    "status" TEXT NOT NULL,
    "actualThresholds" INTEGER[],
    "forecastThresholds" INTEGER[],
    "owner" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Budget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "BudgetRevision" (
    "id" UUID NOT NULL,
    "budgetId" UUID NOT NULL,
    "from" DECIMAL(38,18),
    "to" DECIMAL(38,18) NOT NULL,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "BudgetRevision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "BudgetAlert" (
    "budgetId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "threshold" INTEGER NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "used" DECIMAL(38,18) NOT NULL,

    CONSTRAINT "BudgetAlert_pkey" PRIMARY KEY ("budgetId","kind","threshold")
);

-- CreateTable
CREATE TABLE "Commitment" (
    "id" UUID NOT NULL,
    "budgetId" UUID NOT NULL,
    "domain" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "supplier" TEXT,
    "amount" DECIMAL(38,18) NOT NULL,
    "currency" TEXT NOT NULL,
    "cadence" TEXT NOT NULL,
    "start" DATE NOT NULL,
    "end" DATE,
    "status" TEXT NOT NULL,
    "total" DECIMAL(38,18) NOT NULL,
    "paid" DECIMAL(38,18) NOT NULL DEFAULT 0,
    "value" DECIMAL(38,18),
    "overrideDecision" TEXT,
    "rateId" UUID,
    "successorId" UUID,
    "penalty" TEXT,
    "reason" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Commitment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Payment" (
    "id" UUID NOT NULL,
    "commitmentId" UUID NOT NULL,
    "budgetId" UUID NOT NULL,
    "amount" DECIMAL(38,18) NOT NULL,
    "settled" DECIMAL(38,18) NOT NULL,
    "spent" DECIMAL(38,18) NOT NULL,
    "rateId" UUID,
    "paidOn" DATE NOT NULL,
    "month" TEXT NOT NULL,
    "costRowId" UUID,
    "costMonth" TEXT,
    "source" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Payment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CostImport" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "actor" TEXT NOT NULL,
    "read" INTEGER NOT NULL DEFAULT 0,
    "new" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "corrected" INTEGER NOT NULL DEFAULT 0,
    "refused" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "CostImport_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CostRow" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "rowKey" TEXT NOT NULL,
    "contentHash" TEXT NOT NULL,
    "current" BOOLEAN NOT NULL,
    "correctionOfId" UUID,
    "importId" UUID NOT NULL,
    "month" TEXT NOT NULL,
    "billedCost" DECIMAL(38,18) NOT NULL,
    "effectiveCost" DECIMAL(38,18) NOT NULL,
    "listCost" DECIMAL(38,18),
    "contractedCost" DECIMAL(38,18),
    "listUnitPrice" DECIMAL(38,18),
    "contractedUnitPrice" DECIMAL(38,18),
    "billingCurrency" TEXT NOT NULL,
    "billingPeriodStart" TIMESTAMPTZ(3) NOT NULL,
    "billingPeriodEnd" TIMESTAMPTZ(3) NOT NULL,
    "chargePeriodStart" TIMESTAMPTZ(3) NOT NULL,
    "chargePeriodEnd" TIMESTAMPTZ(3) NOT NULL,
    "day" DATE NOT NULL,
    "chargeCategory" TEXT NOT NULL,
    "chargeClass" TEXT,
    "chargeFrequency" TEXT,
    "chargeDescription" TEXT,
    "providerName" TEXT NOT NULL,
    "publisherName" TEXT,
    "invoiceIssuerName" TEXT,
    "billingAccountId" TEXT,
    "billingAccountName" TEXT,
    "subAccountId" TEXT,
    "subAccountName" TEXT,
    "serviceCategory" TEXT,
    "serviceName" TEXT NOT NULL,
    "resourceId" TEXT,
    "resourceName" TEXT,
    "resourceType" TEXT,
    "regionId" TEXT,
    "regionName" TEXT,
    "availabilityZone" TEXT,
    "skuId" TEXT,
    "skuPriceId" TEXT,
    "pricingCategory" TEXT,
    "pricingQuantity" DECIMAL(38,18),
    "pricingUnit" TEXT,
    "consumedQuantity" DECIMAL(38,18),
    "consumedUnit" TEXT,
    "commitmentDiscountId" TEXT,
    "commitmentDiscountName" TEXT,
    "commitmentDiscountCategory" TEXT,
    "commitmentDiscountType" TEXT,
    "commitmentDiscountStatus" TEXT,
    "tags" JSONB NOT NULL,
    "more" JSONB NOT NULL,

    CONSTRAINT "CostRow_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Allocation" (
    "rowId" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "ruleId" UUID,
    "domain" TEXT,
    "service" TEXT,
    "workstream" TEXT,
    "ratio" DECIMAL(38,18) NOT NULL,
    "billedCost" DECIMAL(38,18) NOT NULL,
    "effectiveCost" DECIMAL(38,18) NOT NULL,
    "month" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "providerName" TEXT NOT NULL,
    "currency" TEXT NOT NULL,

    CONSTRAINT "Allocation_pkey" PRIMARY KEY ("rowId","part")
);

-- CreateTable
CREATE TABLE "SpendSum" (
    "id" BIGSERIAL NOT NULL,
    "measure" TEXT NOT NULL,
    "noun" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "month" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "providerName" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "billedCost" DECIMAL(58,18) NOT NULL,
    "effectiveCost" DECIMAL(58,18) NOT NULL,
    "merged" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "SpendSum_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AttributionRule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "priority" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "match" JSONB NOT NULL,
    "targets" JSONB NOT NULL,
    "measure" JSONB,
    "validFrom" DATE,
    "validTo" DATE,
    "retiredAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "AttributionRule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Reallocation" (
    "month" TEXT NOT NULL,
    "pass" INTEGER NOT NULL,
    "after" UUID,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "requestedBy" TEXT NOT NULL,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Reallocation_pkey" PRIMARY KEY ("month")
);

-- CreateTable
CREATE TABLE "CostAnomaly" (
    "day" DATE NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(38,18) NOT NULL,
    "mean" DECIMAL(38,18) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "CostAnomaly_pkey" PRIMARY KEY ("day","kind","subject","currency")
);

-- CreateTable
CREATE TABLE "TokenSpend" (
    "id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "input" BIGINT NOT NULL,
    "cachedInput" BIGINT NOT NULL,
    "cacheWrite" BIGINT NOT NULL,
    "output" BIGINT NOT NULL,
    "cost" DECIMAL(38,18) NOT NULL,
    "currency" TEXT NOT NULL,
    "session" TEXT,
    "domain" TEXT,
    "service" TEXT,
    "workstream" TEXT,
    "source" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "contentHash" TEXT NOT NULL,
    "current" BOOLEAN NOT NULL,
    "correctionOfId" UUID,
    "importId" UUID,
    "month" TEXT NOT NULL,
    "recordedBy" TEXT NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "TokenSpend_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Account" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "liquid" BOOLEAN NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AccountBalance" (
    "id" UUID NOT NULL,
    "accountId" UUID NOT NULL,
    "day" DATE NOT NULL,
    "amount" DECIMAL(38,18) NOT NULL,
    "source" TEXT NOT NULL,
    "recordedBy" TEXT NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AccountBalance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ExchangeRate" (
    "id" UUID NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "rate" DECIMAL(38,18) NOT NULL,
    "source" TEXT NOT NULL,
    "recordedBy" TEXT NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ExchangeRate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Income" (
    "id" UUID NOT NULL,
    "domain" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "amount" DECIMAL(38,18) NOT NULL,
    "currency" TEXT NOT NULL,
    "start" DATE NOT NULL,
    "end" DATE,
    "recordedBy" TEXT NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Income_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RunwayPolicy" (
    "domain" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "threshold" DECIMAL(38,18) NOT NULL,
    "secondThreshold" DECIMAL(38,18),
    "told" TEXT NOT NULL,
    "toldAt" TIMESTAMPTZ(3),
    "updatedBy" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "RunwayPolicy_pkey" PRIMARY KEY ("domain")
);

-- CreateIndex
CREATE UNIQUE INDEX "BillingPeriod_month_key" ON "BillingPeriod"("month");

-- CreateIndex
CREATE INDEX "Budget_domain_currency_periodStart_periodEnd_idx" ON "Budget"("domain", "currency", "periodStart", "periodEnd");

-- CreateIndex
CREATE INDEX "Budget_parentId_idx" ON "Budget"("parentId");

-- CreateIndex
CREATE INDEX "Budget_status_periodEnd_idx" ON "Budget"("status", "periodEnd");

-- CreateIndex
CREATE INDEX "Budget_createdAt_id_idx" ON "Budget"("createdAt", "id");

-- CreateIndex
CREATE INDEX "BudgetRevision_budgetId_at_id_idx" ON "BudgetRevision"("budgetId", "at", "id");

-- CreateIndex
CREATE INDEX "Commitment_budgetId_status_idx" ON "Commitment"("budgetId", "status");

-- CreateIndex
CREATE INDEX "Commitment_domain_status_idx" ON "Commitment"("domain", "status");

-- CreateIndex
CREATE INDEX "Commitment_createdAt_id_idx" ON "Commitment"("createdAt", "id");

-- CreateIndex
CREATE INDEX "Payment_commitmentId_idx" ON "Payment"("commitmentId");

-- CreateIndex
CREATE INDEX "Payment_budgetId_idx" ON "Payment"("budgetId");

-- CreateIndex
CREATE INDEX "Payment_costMonth_idx" ON "Payment"("costMonth");

-- CreateIndex
CREATE INDEX "Payment_costRowId_idx" ON "Payment"("costRowId");

-- CreateIndex
CREATE UNIQUE INDEX "Payment_source_sourceKey_key" ON "Payment"("source", "sourceKey");

-- CreateIndex
CREATE INDEX "CostImport_startedAt_id_idx" ON "CostImport"("startedAt", "id");

-- CreateIndex
CREATE INDEX "CostImport_source_idx" ON "CostImport"("source");

-- CreateIndex
CREATE INDEX "CostRow_current_month_providerName_idx" ON "CostRow"("current", "month", "providerName");

-- CreateIndex
CREATE INDEX "CostRow_current_day_idx" ON "CostRow"("current", "day");

-- CreateIndex
CREATE INDEX "CostRow_serviceName_day_idx" ON "CostRow"("serviceName", "day");

-- CreateIndex
CREATE INDEX "CostRow_importId_idx" ON "CostRow" USING BRIN ("importId");

-- CreateIndex
CREATE UNIQUE INDEX "CostRow_source_rowKey_contentHash_key" ON "CostRow"("source", "rowKey", "contentHash");

-- CreateIndex
CREATE INDEX "Allocation_domain_month_idx" ON "Allocation"("domain", "month");

-- CreateIndex
CREATE INDEX "Allocation_service_month_idx" ON "Allocation"("service", "month");

-- CreateIndex
CREATE INDEX "Allocation_workstream_month_idx" ON "Allocation"("workstream", "month");

-- CreateIndex
CREATE INDEX "Allocation_month_providerName_idx" ON "Allocation"("month", "providerName");

-- CreateIndex
CREATE INDEX "Allocation_day_domain_idx" ON "Allocation"("day", "domain");

-- CreateIndex
CREATE INDEX "SpendSum_noun_name_month_idx" ON "SpendSum"("noun", "name", "month");

-- CreateIndex
CREATE INDEX "SpendSum_noun_name_day_idx" ON "SpendSum"("noun", "name", "day");

-- CreateIndex
CREATE INDEX "SpendSum_merged_id_idx" ON "SpendSum"("merged", "id");

-- CreateIndex
CREATE INDEX "SpendSum_month_idx" ON "SpendSum"("month");

-- CreateIndex
CREATE UNIQUE INDEX "AttributionRule_name_key" ON "AttributionRule"("name");

-- CreateIndex
CREATE INDEX "AttributionRule_priority_id_idx" ON "AttributionRule"("priority", "id");

-- CreateIndex
CREATE INDEX "TokenSpend_workstream_current_month_idx" ON "TokenSpend"("workstream", "current", "month");

-- CreateIndex
CREATE INDEX "TokenSpend_domain_current_month_idx" ON "TokenSpend"("domain", "current", "month");

-- CreateIndex
CREATE INDEX "TokenSpend_service_current_month_idx" ON "TokenSpend"("service", "current", "month");

-- CreateIndex
CREATE INDEX "TokenSpend_current_at_idx" ON "TokenSpend"("current", "at");

-- CreateIndex
CREATE UNIQUE INDEX "TokenSpend_source_sourceKey_contentHash_key" ON "TokenSpend"("source", "sourceKey", "contentHash");

-- CreateIndex
CREATE UNIQUE INDEX "Account_slug_key" ON "Account"("slug");

-- CreateIndex
CREATE INDEX "Account_domain_idx" ON "Account"("domain");

-- CreateIndex
CREATE UNIQUE INDEX "AccountBalance_accountId_day_key" ON "AccountBalance"("accountId", "day");

-- CreateIndex
CREATE UNIQUE INDEX "ExchangeRate_from_to_day_key" ON "ExchangeRate"("from", "to", "day");

-- CreateIndex
CREATE INDEX "Income_domain_idx" ON "Income"("domain");

-- AddForeignKey
ALTER TABLE "Budget" ADD CONSTRAINT "Budget_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BudgetRevision" ADD CONSTRAINT "BudgetRevision_budgetId_fkey" FOREIGN KEY ("budgetId") REFERENCES "Budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BudgetAlert" ADD CONSTRAINT "BudgetAlert_budgetId_fkey" FOREIGN KEY ("budgetId") REFERENCES "Budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Commitment" ADD CONSTRAINT "Commitment_budgetId_fkey" FOREIGN KEY ("budgetId") REFERENCES "Budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Commitment" ADD CONSTRAINT "Commitment_successorId_fkey" FOREIGN KEY ("successorId") REFERENCES "Commitment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Payment" ADD CONSTRAINT "Payment_commitmentId_fkey" FOREIGN KEY ("commitmentId") REFERENCES "Commitment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AccountBalance" ADD CONSTRAINT "AccountBalance_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Sums of what is spent, kept by statement: whoever writes allocations or uses of models, by whatever statement, cannot forget
-- them. Differences are only ever added here, so writers never wait for each other, and no order of theirs makes a deadlock.
CREATE FUNCTION "sumAllocations"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO "SpendSum" ("measure", "noun", "name", "month", "day", "providerName", "currency", "billedCost", "effectiveCost")
    SELECT 'COST', n."noun", n."name", s."month", s."day", s."providerName", s."currency", sum(s."billedCost"), sum(s."effectiveCost")
    FROM (SELECT "domain", "service", "workstream", "month", "day", "providerName", "currency", sum("billedCost") AS "billedCost", sum("effectiveCost") AS "effectiveCost" FROM added GROUP BY 1, 2, 3, 4, 5, 6, 7) s
    CROSS JOIN LATERAL (VALUES ('DOMAIN', coalesce(s."domain", '')), ('SERVICE', coalesce(s."service", '')), ('WORKSTREAM', coalesce(s."workstream", '')), ('NOBODY', CASE WHEN coalesce(s."domain", s."service", s."workstream") IS NULL THEN '' END)) AS n("noun", "name")
    WHERE n."name" IS NOT NULL GROUP BY 2, 3, 4, 5, 6, 7;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO "SpendSum" ("measure", "noun", "name", "month", "day", "providerName", "currency", "billedCost", "effectiveCost")
    SELECT 'COST', n."noun", n."name", s."month", s."day", s."providerName", s."currency", -sum(s."billedCost"), -sum(s."effectiveCost")
    FROM (SELECT "domain", "service", "workstream", "month", "day", "providerName", "currency", sum("billedCost") AS "billedCost", sum("effectiveCost") AS "effectiveCost" FROM removed GROUP BY 1, 2, 3, 4, 5, 6, 7) s
    CROSS JOIN LATERAL (VALUES ('DOMAIN', coalesce(s."domain", '')), ('SERVICE', coalesce(s."service", '')), ('WORKSTREAM', coalesce(s."workstream", '')), ('NOBODY', CASE WHEN coalesce(s."domain", s."service", s."workstream") IS NULL THEN '' END)) AS n("noun", "name")
    WHERE n."name" IS NOT NULL GROUP BY 2, 3, 4, 5, 6, 7;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "sumAdded" AFTER INSERT ON "Allocation" REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "sumAllocations"();
CREATE TRIGGER "sumRemoved" AFTER DELETE ON "Allocation" REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION "sumAllocations"();
CREATE TRIGGER "sumChanged" AFTER UPDATE ON "Allocation" REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "sumAllocations"();

CREATE FUNCTION "sumTokens"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO "SpendSum" ("measure", "noun", "name", "month", "day", "providerName", "currency", "billedCost", "effectiveCost")
    SELECT 'TOKENS', 'DOMAIN', coalesce("domain", ''), "month", ("at" AT TIME ZONE 'UTC')::date, "provider", "currency", sum("cost"), sum("cost") FROM added WHERE "current" GROUP BY 3, 4, 5, 6, 7;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO "SpendSum" ("measure", "noun", "name", "month", "day", "providerName", "currency", "billedCost", "effectiveCost")
    SELECT 'TOKENS', 'DOMAIN', coalesce("domain", ''), "month", ("at" AT TIME ZONE 'UTC')::date, "provider", "currency", -sum("cost"), -sum("cost") FROM removed WHERE "current" GROUP BY 3, 4, 5, 6, 7;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "sumAdded" AFTER INSERT ON "TokenSpend" REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "sumTokens"();
CREATE TRIGGER "sumRemoved" AFTER DELETE ON "TokenSpend" REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION "sumTokens"();
CREATE TRIGGER "sumChanged" AFTER UPDATE ON "TokenSpend" REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "sumTokens"();

-- Few rows are corrections: the others cost this index nothing.
CREATE INDEX "CostRow_correctionOfId_idx" ON "CostRow"("correctionOfId") WHERE "correctionOfId" IS NOT NULL;
