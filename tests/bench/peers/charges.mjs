// The same cost math and grouping for readers that only decode, as plain JavaScript would do it.
import { writeFileSync } from "node:fs";

export const COLUMNS = [
  "line_item_usage_start_date",
  "line_item_usage_account_id",
  "line_item_line_item_type",
  "line_item_product_code",
  "line_item_usage_type",
  "product_region_code",
  "line_item_usage_amount",
  "line_item_unblended_cost",
  "reservation_effective_cost",
  "reservation_unused_amortized_upfront_fee_for_billing_period",
  "reservation_unused_recurring_fee",
  "savings_plan_savings_plan_effective_cost",
  "savings_plan_total_commitment_to_date",
  "savings_plan_used_commitment",
];

const CATEGORIES = { Tax: "Tax", Credit: "Credit", RIFee: "Purchase", SavingsPlanRecurringFee: "Purchase" };
const COMMITTED = new Set(["DiscountedUsage", "SavingsPlanCoveredUsage"]);

/** Adds rows; `value(column, row)` gives what stands there, of the date in milliseconds. */
export function add(groups, rows, value) {
  for (let row = 0; row < rows; row++) {
    const day = Math.floor(value(0, row) / 86_400_000);
    const type = value(2, row);
    const billed = value(7, row);
    const isUsage = type === "Usage" || COMMITTED.has(type);
    const service = type === "Tax" ? "Tax" : value(3, row);
    const category = CATEGORIES[type] ?? "Usage";
    const pricing = COMMITTED.has(type) ? "Committed" : type === "Usage" ? "Standard" : "Other";
    let effective = billed;
    if (type === "DiscountedUsage") effective = value(8, row);
    else if (type === "SavingsPlanCoveredUsage") effective = value(11, row);
    else if (type === "SavingsPlanNegation") effective = 0;
    else if (type === "RIFee") effective = value(9, row) + value(10, row);
    else if (type === "SavingsPlanRecurringFee") effective = value(12, row) - value(13, row);
    const key = `${day}\t${value(1, row)}\t${service}\t${value(5, row)}\t${value(4, row)}\t${category}\t${pricing}`;
    const quantity = isUsage ? value(6, row) : 0;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [billed, effective, quantity]);
    else {
      group[0] += billed;
      group[1] += effective;
      group[2] += quantity;
    }
  }
}

/** Runs the work so many times and prints what each took. */
export async function measure(runs, dump, work) {
  const nanoseconds = [];
  let groups;
  for (let run = 0; run < Number(runs); run++) {
    groups = new Map();
    const begun = process.hrtime.bigint();
    await work(groups);
    nanoseconds.push(Number(process.hrtime.bigint() - begun));
  }
  if (dump !== "-") {
    const line = ([key, figures]) => {
      const [day, ...values] = key.split("\t");
      const date = new Date(Number(day) * 86_400_000).toISOString().slice(0, 10);
      return [date, ...values, ...figures].join("\t");
    };
    writeFileSync(dump, [...groups].map(line).join("\n") + "\n");
  }
  console.log(JSON.stringify({ nanoseconds }));
}
