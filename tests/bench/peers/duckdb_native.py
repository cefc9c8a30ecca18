"""Native DuckDB with one thread: duckdb_native.py RUNS DUMP FILE…"""

import json
import sys
import time

import duckdb

runs, dump, *files = sys.argv[1:]
connection = duckdb.connect()
connection.execute("SET threads=1")
names = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
kind = "line_item_line_item_type"
query = f"""
SELECT DATE '1970-01-01' + CAST(epoch_ms(line_item_usage_start_date) // 86400000 AS INTEGER) AS day,
       line_item_usage_account_id AS sub_account,
       CASE WHEN {kind} = 'Tax' THEN 'Tax' ELSE line_item_product_code END AS service,
       product_region_code AS region,
       line_item_usage_type AS usage_type,
       CASE {kind} WHEN 'Tax' THEN 'Tax' WHEN 'Credit' THEN 'Credit' WHEN 'RIFee' THEN 'Purchase'
                   WHEN 'SavingsPlanRecurringFee' THEN 'Purchase' ELSE 'Usage' END AS charge_category,
       CASE {kind} WHEN 'DiscountedUsage' THEN 'Committed' WHEN 'SavingsPlanCoveredUsage' THEN 'Committed'
                   WHEN 'Usage' THEN 'Standard' ELSE 'Other' END AS pricing_category,
       sum(line_item_unblended_cost) AS billed,
       sum(CASE {kind} WHEN 'DiscountedUsage' THEN reservation_effective_cost
                       WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
                       WHEN 'SavingsPlanNegation' THEN 0
                       WHEN 'RIFee' THEN reservation_unused_amortized_upfront_fee_for_billing_period
                                         + reservation_unused_recurring_fee
                       WHEN 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date
                                                           - savings_plan_used_commitment
                       ELSE line_item_unblended_cost END) AS effective,
       sum(CASE WHEN {kind} IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
                THEN line_item_usage_amount ELSE 0 END) AS quantity
FROM read_parquet([{names}])
GROUP BY ALL
"""
nanoseconds = []
for _ in range(int(runs)):
    begun = time.perf_counter_ns()
    # The answer is made whole, as a table of the database's own: rows for Python would be measured otherwise.
    connection.execute("CREATE OR REPLACE TEMP TABLE answer AS " + query)
    nanoseconds.append(time.perf_counter_ns() - begun)
if dump != "-":
    with open(dump, "w", encoding="utf-8") as out:
        for row in connection.execute("SELECT * FROM answer").fetchall():
            out.write("\t".join(repr(value) if isinstance(value, float) else str(value) for value in row) + "\n")
print(json.dumps({"nanoseconds": nanoseconds}))
