-- AlterTable
ALTER TABLE "Commitment" ADD COLUMN     "workstream" TEXT;
