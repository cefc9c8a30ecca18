// What Cloudthread draws with: the parts of ECharts it needs, dressed in the page's own tokens.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, MarkLineComponent, AriaComponent, CanvasRenderer]);

const observers = new WeakMap();

// Colours come from the style sheet, so that themes need no second list.
function token(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function dress(options) {
  const text = JSON.stringify(options).replace(/"var\((--[a-z0-9-]+)\)"/g, (_, name) => JSON.stringify(token(name)));
  const dressed = JSON.parse(text);
  const money = (value) => (Math.abs(value) >= 1000 ? `$${(value / 1000).toFixed(value % 1000 ? 1 : 0)}k` : `$${value}`);
  for (const axis of [dressed.yAxis ?? []].flat()) {
    axis.axisLabel = { ...axis.axisLabel, formatter: money, color: token("--ink-3") };
    axis.splitLine = { lineStyle: { color: token("--chart-grid") } };
  }
  for (const axis of [dressed.xAxis ?? []].flat()) {
    axis.axisLabel = { ...axis.axisLabel, color: token("--ink-3"), hideOverlap: true };
    axis.axisLine = { lineStyle: { color: token("--chart-axis") } };
    axis.axisTick = { show: false };
  }
  dressed.tooltip = {
    ...dressed.tooltip,
    trigger: "axis",
    confine: true,
    axisPointer: { type: "shadow" },
    renderMode: "html",
    appendTo: undefined,
    backgroundColor: token("--card-raised"),
    borderColor: token("--line-strong"),
    textStyle: { color: token("--ink"), fontSize: 12 },
    // Names come from reports and are hostile: text nodes only.
    formatter: (points) => {
      const tip = document.createElement("div");
      const head = document.createElement("strong");
      head.textContent = points[0]?.axisValueLabel ?? "";
      tip.append(head);
      let total = 0;
      for (const point of [...points].reverse()) {
        const value = Array.isArray(point.value) ? point.value[1] : point.value;
        if (value === null || value === undefined || value === "-") continue;
        if (point.seriesType === "bar") total += value;
        const line = document.createElement("div");
        line.className = "chart-tip-line";
        const name = document.createElement("span");
        name.textContent = point.seriesName;
        const amount = document.createElement("b");
        amount.textContent = value.toLocaleString("en-US", { style: "currency", currency: "USD" });
        line.append(name, amount);
        tip.append(line);
      }
      if (points.length > 2) {
        const line = document.createElement("div");
        line.className = "chart-tip-line chart-tip-total";
        const amount = document.createElement("b");
        amount.textContent = total.toLocaleString("en-US", { style: "currency", currency: "USD" });
        line.append("Total ", amount);
        tip.append(line);
      }
      return tip;
    },
  };
  dressed.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
  return dressed;
}

export function show(element, options) {
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: "canvas" });
  chart.setOption(dress(options), { replaceMerge: ["series"] });
  element.chartOptions = options;
  if (!observers.has(element)) {
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(element);
    const theme = new MutationObserver(() => chart.setOption(dress(element.chartOptions)));
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    observers.set(element, [observer, theme]);
  }
}

export function dispose(element) {
  for (const observer of observers.get(element) ?? []) observer.disconnect();
  observers.delete(element);
  echarts.getInstanceByDom(element)?.dispose();
}
