"""Writes one billing month in every dialect and physical form, and has DuckDB say what it comes to.

python3 forms.py FOLDER: prints {dialect: {"files": […], "answers": {group-by: {key: [figures]}}}}. The SQL below is a reading of
the cost math of its own: nothing of it is shared with the ledger.
"""
import csv
import datetime as dt
import decimal
import gzip
import json
import pathlib
import random
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FOLDER = pathlib.Path(sys.argv[1])
ROWS = 1200
FIRST = dt.datetime(2026, 10, 1, tzinfo=dt.timezone.utc)
MOMENT = pa.timestamp("ms", tz="UTC")
TEXT_MAP = pa.map_(pa.string(), pa.string())
random.seed(20261127)

TYPES = ["Usage"] * 6 + [
    "FlatRateSubscription", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee", "RIFee", "Fee", "Fee", "Tax", "Credit", "Refund", "Refund", "EdpDiscount", "PrivateRateDiscount",
    "BundledDiscount", "NobodyKnowsThis"]
CODES = {"AmazonEC2": "Amazon EC2", "AmazonS3": "Amazon S3", "AWSLambda": "AWS Lambda",
         "ComputeSavingsPlans": "Savings Plans for Compute", "x1y2z3": "x1y2z3"}
PLAN_REFUND = "Refund for one-time fee for Savings Plan ID: 7"


def cost(large=False):
    if random.random() < 0.05:
        return round(random.uniform(2_100, 9_000_000 if large else 60_000), 6)
    if random.random() < 0.1:
        return round(random.uniform(-1e-6, 1e-6), 10)
    return round(random.uniform(-3, 40), 10)


def pick(*values):
    return random.choice(values)


def line(number):
    """A line item with all that any dialect says of it; None is absent."""
    kind = pick(*TYPES)
    is_usage = kind in ("Usage", "FlatRateSubscription", "DiscountedUsage", "SavingsPlanCoveredUsage")
    is_market = kind in ("Usage", "Fee") and random.random() < 0.1
    hour = random.randrange(-30, 31 * 24 + 30) if number % 40 == 0 else random.randrange(31 * 24)
    is_plan_refund = kind == "Refund" and random.random() < 0.5
    tags = {}
    if random.random() < 0.8:
        tags["team"] = pick("red", "blue", "grün", "")
    if random.random() < 0.5:
        tags["cost_center"] = pick("4711", "4712")
    return {
        "type": kind,
        "account": pick("000000000017", "123456789012", "444455556666"),
        "start": FIRST + dt.timedelta(hours=hour),
        "code": "x1y2z3" if is_market else "ComputeSavingsPlans" if is_plan_refund else pick("AmazonEC2", "AmazonS3", "AWSLambda"),
        "entity": "AWS Marketplace" if is_market else "AWS",
        "publisher": "Lantern GmbH" if is_market else "Amazon Web Services, Inc.",
        "product": "Lantern Pro" if is_market else "An AWS product",
        "usage_type": pick("BoxUsage:m5.large", "EUC1-SpotUsage:c6g.large", "TimedStorage-ByteHrs", "Requests-Tier1"),
        "operation": pick("RunInstances", "PutObject", "", "EKSPod-EC2" if number % 5 == 0 else "GetObject"),
        "resource": pick("", f"arn:aws:ec2:eu-central-1:1:instance/i-{number % 97:04x}"),
        "region": pick("eu-central-1", "us-east-1", ""),
        "sku": pick("", "ABC123", "XYZ789"),
        "description": PLAN_REFUND if is_plan_refund else pick("", "Something, \"quoted\"", "two\nlines"),
        "reservation": pick("", "arn:aws:ec2::1:reserved-instances/7") if kind in ("Fee", "RIFee", "DiscountedUsage") else "",
        "plan": "arn:aws:savingsplans::1:savingsplan/7" if kind.startswith("SavingsPlan") else "",
        "unit": pick("Hrs", "GB-Mo", "Requests"),
        "currency": "CNY" if number % 7 == 0 else "USD",
        "unblended": cost(large=True),
        "net_unblended": pick(None, 0.0, cost()),
        "public": float(random.randrange(50)),
        "quantity": round(random.uniform(0, 24), 6) if is_usage else 0.0,
        "sp_effective": cost() if kind == "SavingsPlanCoveredUsage" else 0.0,
        "net_sp_effective": pick(None, 0.0, cost()) if kind == "SavingsPlanCoveredUsage" else 0.0,
        "sp_total": cost() if kind == "SavingsPlanRecurringFee" else 0.0,
        "sp_used": cost() if kind == "SavingsPlanRecurringFee" else 0.0,
        "r_effective": cost() if kind == "DiscountedUsage" else 0.0,
        "net_r_effective": pick(None, 0.0, cost()) if kind == "DiscountedUsage" else 0.0,
        "unused_upfront": cost() if kind == "RIFee" else 0.0,
        "unused_recurring": cost() if kind == "RIFee" else 0.0,
        "net_unused_upfront": pick(None, cost()) if kind == "RIFee" else 0.0,
        "net_unused_recurring": pick(None, cost()) if kind == "RIFee" else 0.0,
        "tags": tags,
        "division": pick(None, "Retail", "Cloud"),
        "focus_category": "Usage" if is_usage else pick("Purchase", "Tax", "Credit", "Adjustment"),
        "focus_effective": cost(),
        "focus_pricing": pick("Standard", "Committed", "Dynamic", None),
        "focus_quantity": round(random.uniform(0, 9), 6) if is_usage and random.random() < 0.7 else None,
    }


LINES = [line(number) for number in range(ROWS)]
COMMON = {
    "bill_payer_account_id": lambda _: "000000000017",
    "bill_billing_period_start_date": lambda _: FIRST,
    "bill_billing_entity": "entity",
    "bill_invoice_id": lambda _: "",
    "line_item_usage_account_id": "account",
    "line_item_line_item_type": "type",
    "line_item_usage_start_date": "start",
    "line_item_usage_end_date": lambda line: line["start"] + dt.timedelta(hours=1),
    "line_item_product_code": "code",
    "line_item_usage_type": "usage_type",
    "line_item_operation": "operation",
    "line_item_resource_id": "resource",
    "line_item_legal_entity": "publisher",
    "line_item_line_item_description": "description",
    "line_item_currency_code": "currency",
    "line_item_unblended_cost": "unblended",
    "line_item_net_unblended_cost": "net_unblended",
    "line_item_usage_amount": "quantity",
    "pricing_public_on_demand_cost": "public",
    "pricing_unit": "unit",
    "product_region_code": "region",
    "reservation_reservation_a_r_n": "reservation",
    "reservation_effective_cost": "r_effective",
    "reservation_net_effective_cost": "net_r_effective",
    "reservation_unused_amortized_upfront_fee_for_billing_period": "unused_upfront",
    "reservation_unused_recurring_fee": "unused_recurring",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period": "net_unused_upfront",
    "reservation_net_unused_recurring_fee": "net_unused_recurring",
    "savings_plan_savings_plan_a_r_n": "plan",
    "savings_plan_savings_plan_effective_cost": "sp_effective",
    "savings_plan_net_savings_plan_effective_cost": "net_sp_effective",
    "savings_plan_total_commitment_to_date": "sp_total",
    "savings_plan_used_commitment": "sp_used",
}
LEGACY = {
    **COMMON,
    "product_product_name": "product",
    "product_sku": "sku",
    "resource_tags_user_team": lambda line: line["tags"].get("team", ""),
    "resource_tags_user_cost_center": lambda line: line["tags"].get("cost_center", ""),
    "cost_category_division": lambda line: line["division"] or "",
}
CUR2 = {
    **COMMON,
    "product": lambda line: {"product_name": line["product"], "sku": line["sku"], "memory": "8 GiB"},
    "resource_tags": lambda line: {"user_" + key: value for key, value in line["tags"].items()},
    "cost_category": lambda line: {"Division": line["division"]} if line["division"] else {},
    "discount": lambda _: {"total_discount": 1.5},
}
# The newer map holds the resources' own tags as well; an account's tag under the same key stands back.
CUR2_TAGS = {name: fill for name, fill in CUR2.items() if name != "resource_tags"} | {
    "tags": lambda line: {"resourceTags/user_" + key: value for key, value in line["tags"].items()}
    | ({"accountTag/team": "of the account"} if line["tags"].get("team") else {})
    | {"iamPrincipal/role": "admin"},
}
FOCUS_10 = {
    "BilledCost": "unblended",
    "BillingAccountId": lambda _: "000000000017",
    "BillingCurrency": "currency",
    "BillingPeriodStart": lambda _: FIRST,
    "ChargeCategory": "focus_category",
    "ChargePeriodStart": "start",
    "ChargePeriodEnd": lambda line: line["start"] + dt.timedelta(hours=1),
    "CommitmentDiscountId": lambda line: line["plan"] or line["reservation"] or None,
    "ConsumedQuantity": "focus_quantity",
    "ConsumedUnit": lambda line: line["unit"] if line["focus_quantity"] is not None else None,
    "EffectiveCost": "focus_effective",
    "ListCost": "public",
    "PricingCategory": "focus_pricing",
    "PricingQuantity": "quantity",
    "PricingUnit": "unit",
    "PublisherName": "publisher",
    "RegionId": lambda line: line["region"] or None,
    "ResourceId": lambda line: line["resource"] or None,
    "ServiceName": lambda line: {"AmazonEC2": "Amazon Elastic Compute Cloud"}.get(line["code"], CODES[line["code"]]),
    "SkuId": lambda line: line["sku"] or None,
    "SubAccountId": "account",
    "Tags": lambda line: {"user_" + key: value for key, value in line["tags"].items()},
    "x_Discounts": lambda _: {"total": 0.25},
    "x_Operation": "operation",
    "x_ServiceCode": "code",
}
FOCUS_12 = FOCUS_10 | {"InvoiceId": lambda _: "2026", "SkuMeter": "usage_type", "BillingAccountType": lambda _: "Management"}
FOCUS_10 |= {"x_UsageType": "usage_type", "x_CostCategories": lambda line: {"Division": line["division"]} if line["division"] else {}}
DIALECTS = {"legacy": LEGACY, "cur2": CUR2, "cur2-tags": CUR2_TAGS, "focus-1.0": FOCUS_10, "focus-1.2": FOCUS_12}


def kind_of(values):
    sample = next((value for value in values if value not in (None, {})), "")
    if isinstance(sample, dict):
        return pa.map_(pa.string(), pa.float64()) if isinstance(next(iter(sample.values())), float) else TEXT_MAP
    return {float: pa.float64(), dt.datetime: MOMENT}.get(type(sample), pa.string())


def table_of(dialect):
    fields, arrays = [], []
    for name, fill in DIALECTS[dialect].items():
        values = [fill(line) if callable(fill) else line[fill] for line in LINES]
        kind = kind_of(values)
        if dialect == "legacy":
            # Legacy columns are never null: what is absent is zero, and counts as zero.
            values = [(0.0 if kind == pa.float64() else "") if value is None else value for value in values]
        if pa.types.is_map(kind):
            values = [list(value.items()) for value in values]
        fields.append(pa.field(name, kind, nullable=dialect != "legacy"))
        arrays.append(pa.array(values, kind))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def cast(table, **changes):
    """With the columns of some types changed: a type, or a function of the column."""
    for place, field in enumerate(table.schema):
        change = next((change for test, change in changes.values() if test(field)), None)
        if change is not None:
            column = table.column(place).combine_chunks()
            table = table.set_column(place, field.name, change(column) if callable(change) else column.cast(change))
    return table


is_moment = lambda field: pa.types.is_timestamp(field.type)
is_cost = lambda field: pa.types.is_floating(field.type)
is_map = lambda field: pa.types.is_map(field.type)
is_whole = lambda field: field.name in ("pricing_public_on_demand_cost", "ListCost")
is_account = lambda field: field.name.lower().replace("_", "") in ("lineitemusageaccountid", "subaccountid", "billpayeraccountid", "billingaccountid")
is_text = lambda field: pa.types.is_string(field.type)
is_period = lambda field: field.name in ("bill_billing_period_start_date", "BillingPeriodStart")


def decimals(kind):
    places = decimal.Decimal(1).scaleb(-kind.scale)
    exact = lambda value: None if value is None else decimal.Decimal(repr(value)).quantize(places)
    return lambda column: pa.array([exact(value.as_py()) for value in column], kind)


def texts(make):
    return lambda column: pa.array([None if value.as_py() is None else make(value.as_py()) for value in column], pa.string())


def pairs(column):
    kind = pa.list_(pa.struct([("key", column.type.key_type), ("value", column.type.item_type)]))
    rows = [None if row.as_py() is None else [{"key": key, "value": value} for key, value in row.as_py()] for row in column]
    return pa.array(rows, kind)


def required(table):
    """Nulls become empty where that means the same."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            filled = pc.fill_null(table.column(place), "")
            table = table.set_column(place, pa.field(field.name, field.type, nullable=False), filled)
    return table


def slash(name):
    group = next(group for group in ["line_item", "savings_plan", "bill", "product", "pricing", "reservation"] if name.startswith(group))
    camel = lambda words: "".join(word.capitalize() for word in words.split("_"))
    return (lambda head: head[0].lower() + head[1:])(camel(group)) + "/" + camel(name[len(group) + 1:])


def slashed(table):
    tags = {"resource_tags_user_team": "resourceTags/user:team", "resource_tags_user_cost_center": "resourceTags/user:Cost Center",
            "cost_category_division": "costCategory/Division"}
    return table.rename_columns([tags.get(name) or slash(name) for name in table.column_names])


iso = lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")
ENCODED = lambda table, texts_as: {
    field.name: texts_as if is_text(field) else "DELTA_BINARY_PACKED" for field in table.schema if is_text(field) or is_moment(field)}
SMALL = {"row_group_size": 97, "data_page_size": 300}


def forms(dialect, table):
    """(name, table, options) of each physical form."""
    yield "v1-snappy", table, {"data_page_version": "1.0"}
    yield "v2-snappy", table, {"data_page_version": "2.0"}
    yield "small-pages", table, {**SMALL, "data_page_version": "2.0"}
    yield "required", required(table), SMALL
    yield "reordered", table.select(table.column_names[::-1]).append_column("a_new_one", pa.array([1] * ROWS)), SMALL
    yield "v1-plain", table, {"use_dictionary": False, "compression": "none", **SMALL}
    yield "v2-plain-gzip", table, {"use_dictionary": False, "compression": "gzip", "data_page_version": "2.0"}
    yield "v1-gzip", table, {"compression": "gzip", **SMALL}
    yield "narrow-dictionary", table, {"dictionary_pagesize_limit": 512, **SMALL}
    yield "delta", table, {"use_dictionary": False, "data_page_version": "2.0", "column_encoding": ENCODED(table, "DELTA_BYTE_ARRAY")}
    yield "delta-lengths", table, {"use_dictionary": False, "column_encoding": ENCODED(table, "DELTA_LENGTH_BYTE_ARRAY"), **SMALL}
    yield "int96", table, {"use_deprecated_int96_timestamps": True}
    yield "microseconds", cast(table, moment=(is_moment, pa.timestamp("us", tz="UTC"))), SMALL
    yield "nanoseconds", cast(table, moment=(is_moment, pa.timestamp("ns"))), {}
    yield "iso-text", cast(table, moment=(is_moment, texts(iso)), cost=(is_cost, texts(repr))), SMALL
    yield "numbers", cast(table, whole=(is_whole, pa.int64()), account=(is_account, pa.int64()), period=(is_period, pa.date32())), SMALL
    yield "decimals", cast(table, cost=(is_cost, decimals(pa.decimal128(38, 12)))), SMALL
    yield "narrow-decimals", cast(table, cost=(is_cost, decimals(pa.decimal128(18, 10)))), {"store_decimal_as_integer": True}
    if any(map(is_map, table.schema)):
        as_json = lambda column: texts(lambda row: json.dumps(dict(row)))(column)
        yield "json-maps", cast(table, map=(is_map, as_json)), SMALL
        yield "pairs", cast(table, map=(is_map, pairs)), SMALL
    if dialect == "legacy":
        yield "slashes", slashed(table), {}


def write_csv(path, table, rename):
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(rename(table).column_names)
        plain = lambda value: "" if value is None else iso(value) if isinstance(value, dt.datetime) else json.dumps(dict(value)) if isinstance(value, list) else value
        for row in zip(*(column.to_pylist() for column in table.columns)):
            out.writerow(map(plain, row))


# ---- the judge

CUR_CHARGES = """
SELECT line_item_currency_code AS currency,
  bill_payer_account_id AS billing_account, line_item_usage_account_id AS sub_account,
  CASE WHEN line_item_line_item_type = 'Tax' THEN 'Tax'
       WHEN bill_billing_entity = 'AWS Marketplace' THEN {product_name}
       ELSE names.name END AS service,
  line_item_product_code AS x_service_code, product_region_code AS region, line_item_usage_type AS x_usage_type,
  line_item_operation AS x_operation, line_item_resource_id AS resource, {sku} AS sku,
  CASE WHEN line_item_line_item_type IN ('Usage', 'FlatRateSubscription', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation') THEN 'Usage'
       WHEN line_item_line_item_type IN ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee', 'Fee') THEN 'Purchase'
       WHEN line_item_line_item_type IN ('Tax', 'Credit') THEN line_item_line_item_type
       ELSE 'Adjustment' END AS charge_category,
  line_item_line_item_type AS x_line_item_type,
  CASE WHEN line_item_line_item_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage') THEN 'Committed'
       WHEN line_item_line_item_type NOT IN ('Usage', 'FlatRateSubscription') THEN 'Other'
       WHEN contains(line_item_usage_type, 'SpotUsage') THEN 'Dynamic' ELSE 'Standard' END AS pricing_category,
  CASE WHEN savings_plan_savings_plan_a_r_n <> '' THEN savings_plan_savings_plan_a_r_n ELSE reservation_reservation_a_r_n END AS commitment_discount,
  line_item_legal_entity AS publisher, pricing_unit AS unit,
  strftime(greatest(least(line_item_usage_start_date AT TIME ZONE 'UTC', TIMESTAMP '2026-10-31'), TIMESTAMP '2026-10-01'), '%Y-%m-%d') AS day,
  {team} AS "tag:team", {center} AS "tag:cost_center", {division} AS "cost_category:division",
  line_item_unblended_cost AS billed,
  CASE WHEN paid_before THEN 0 WHEN line_item_line_item_type = 'DiscountedUsage' THEN reservation_effective_cost
       WHEN line_item_line_item_type = 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
       WHEN line_item_line_item_type = 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date - savings_plan_used_commitment
       WHEN line_item_line_item_type = 'RIFee' THEN reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee
       ELSE line_item_unblended_cost END AS effective,
  coalesce(line_item_net_unblended_cost, line_item_unblended_cost) AS net_billed,
  CASE WHEN paid_before THEN 0
       WHEN line_item_line_item_type = 'DiscountedUsage' THEN coalesce(reservation_net_effective_cost, reservation_effective_cost)
       WHEN line_item_line_item_type = 'SavingsPlanCoveredUsage' THEN coalesce(savings_plan_net_savings_plan_effective_cost, savings_plan_savings_plan_effective_cost)
       WHEN line_item_line_item_type = 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date - savings_plan_used_commitment
       WHEN line_item_line_item_type = 'RIFee' THEN coalesce(reservation_net_unused_amortized_upfront_fee_for_billing_period, reservation_unused_amortized_upfront_fee_for_billing_period)
            + coalesce(reservation_net_unused_recurring_fee, reservation_unused_recurring_fee)
       ELSE coalesce(line_item_net_unblended_cost, line_item_unblended_cost) END AS net_effective,
  CASE WHEN is_usage THEN pricing_public_on_demand_cost ELSE 0 END AS list,
  CASE WHEN is_usage THEN line_item_usage_amount ELSE 0 END AS quantity
FROM (SELECT *,
        line_item_line_item_type IN ('Usage', 'FlatRateSubscription', 'DiscountedUsage', 'SavingsPlanCoveredUsage') AS is_usage,
        line_item_line_item_type IN ('SavingsPlanNegation', 'SavingsPlanUpfrontFee')
          OR (line_item_line_item_type = 'Fee' AND reservation_reservation_a_r_n <> '')
          OR (line_item_line_item_type = 'Refund' AND line_item_product_code = 'ComputeSavingsPlans'
              AND starts_with(line_item_line_item_description, 'Refund for one-time fee for Savings Plan ID')) AS paid_before
      FROM lines) JOIN names ON names.code = line_item_product_code
WHERE line_item_operation NOT IN ('EKSPod-EC2', 'ECSTask-EC2')"""

FOCUS_CHARGES = """
SELECT BillingCurrency AS currency, BillingAccountId AS billing_account, SubAccountId AS sub_account,
  CASE WHEN ChargeCategory = 'Tax' THEN 'Tax' ELSE names.name END AS service,
  x_ServiceCode AS x_service_code, coalesce(RegionId, '') AS region, {usage_type} AS x_usage_type, x_Operation AS x_operation,
  coalesce(ResourceId, '') AS resource, coalesce(SkuId, '') AS sku, ChargeCategory AS charge_category, '' AS x_line_item_type,
  coalesce(PricingCategory, '') AS pricing_category, coalesce(CommitmentDiscountId, '') AS commitment_discount,
  PublisherName AS publisher, coalesce(ConsumedUnit, PricingUnit) AS unit,
  strftime(greatest(least(ChargePeriodStart AT TIME ZONE 'UTC', TIMESTAMP '2026-10-31'), TIMESTAMP '2026-10-01'), '%Y-%m-%d') AS day,
  {team} AS "tag:team", {center} AS "tag:cost_center", {division} AS "cost_category:division",
  BilledCost AS billed, EffectiveCost AS effective, BilledCost AS net_billed, EffectiveCost AS net_effective,
  ListCost AS list,
  CASE WHEN ChargeCategory = 'Usage' THEN coalesce(ConsumedQuantity, PricingQuantity) ELSE 0 END AS quantity
FROM lines JOIN names ON names.code = x_ServiceCode"""

of_map = lambda column, key: f"coalesce({column}['{key}'], '')"
of_maps = lambda column, prefix: {"team": of_map(column, prefix + "team"), "center": of_map(column, prefix + "cost_center")}
SQL = {
    "legacy": (CUR_CHARGES, {"product_name": "product_product_name", "sku": "product_sku", "team": "resource_tags_user_team",
                             "center": "resource_tags_user_cost_center", "division": "cost_category_division"}),
    "cur2": (CUR_CHARGES, {"product_name": "product['product_name']", "sku": "product['sku']",
                           **of_maps("resource_tags", "user_"), "division": of_map("cost_category", "Division")}),
    "cur2-tags": (CUR_CHARGES, {"product_name": "product['product_name']", "sku": "product['sku']",
                                **of_maps("tags", "resourceTags/user_"), "division": of_map("cost_category", "Division")}),
    "focus-1.0": (FOCUS_CHARGES, {"usage_type": "x_UsageType", **of_maps("Tags", "user_"), "division": of_map("x_CostCategories", "Division")}),
    "focus-1.2": (FOCUS_CHARGES, {"usage_type": "SkuMeter", **of_maps("Tags", "user_"), "division": "''"}),
}
SINGLE = ["billing_account", "sub_account", "service", "x_service_code", "region", "x_usage_type", "x_operation", "resource", "sku",
          "charge_category", "x_line_item_type", "pricing_category", "commitment_discount", "publisher", "unit", "day",
          "tag:team", "tag:cost_center", "cost_category:division"]
COMBINED = ["sub_account,service,day", "resource,day", "service,region,x_usage_type,charge_category,pricing_category",
            "tag:team,tag:cost_center,cost_category:division,service", "resource,tag:team,x_operation,unit,day",
            "billing_account,sub_account,service,x_service_code,region,x_usage_type,x_operation,sku,charge_category,x_line_item_type,"
            "pricing_category,commitment_discount,publisher,unit,tag:team,cost_category:division,day"]
FIGURES = ["billed", "effective", "net_billed", "net_effective", "list", "quantity"]


def answers(dialect, file):
    sql, parts = SQL[dialect]
    # A double becomes the decimal it was written as, and from there on nothing is rounded.
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
    exact = ", ".join(f'"{name}"::VARCHAR::DECIMAL(38,12) AS "{name}"' for name, kind, *_ in columns if kind == "DOUBLE")
    duckdb.execute(f"CREATE OR REPLACE TABLE lines AS SELECT * REPLACE ({exact}) FROM read_parquet('{file}')")
    duckdb.execute("CREATE OR REPLACE TABLE names AS SELECT unnest($1) AS code, unnest($2) AS name", [list(CODES), list(CODES.values())])
    duckdb.execute("CREATE OR REPLACE TABLE charges AS " + sql.format(**parts))
    sums = ", ".join(f"sum({figure})" for figure in FIGURES)
    for group_by in SINGLE + COMBINED:
        keys = ", ".join(f'"{key}"' for key in group_by.split(","))
        rows = duckdb.sql(f"SELECT currency, {keys}, {sums} FROM charges GROUP BY ALL").fetchall()
        yield group_by, [[list(row[:-len(FIGURES)]), [str(figure) for figure in row[-len(FIGURES):]]] for row in rows]


told = {}
for dialect in DIALECTS:
    table = table_of(dialect)
    files = []
    for name, changed, options in forms(dialect, table):
        path = FOLDER / f"{dialect}-{name}.parquet"
        pq.write_table(changed, path, store_schema=False, **{"compression": "snappy", **options})
        files.append(str(path))
    for ending in [".csv", ".csv.gz"]:
        path = FOLDER / (dialect + ending)
        write_csv(path, table, slashed if dialect == "legacy" else lambda table: table)
        files.append(str(path))
    told[dialect] = {"files": files, "answers": dict(answers(dialect, files[0]))}
print(json.dumps(told))
