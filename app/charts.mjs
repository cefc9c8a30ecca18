// What Cloudthread draws with: the parts of ECharts it needs, dressed in the page's own tokens.
import { BarChart, LineChart } from "echarts/charts";
import { GraphicComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, GridComponent, GraphicComponent, TooltipComponent, CanvasRenderer]);

// What is known of each element: its chart, what it shows, who watches it.
const held = new Map();

// Colours come from the style sheet, so that themes need no second list.
function tokens() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const known = new Map();
  return {
    colour(name) {
      if (!known.has(name)) {
        probe.style.color = `var(${name})`;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    },
    done: () => probe.remove(),
  };
}

const money = (value) => {
  const size = Math.abs(value);
  const text = size >= 10000 ? `${+(size / 1000).toFixed(1)}k` : size.toLocaleString("en-US");
  return `${value < 0 ? "−" : ""}$${text}`;
};

function dress(options) {
  const { colour, done } = tokens();
  const text = JSON.stringify(options).replace(/"var\((--[a-z0-9-]+)\)"/g, (_, name) => JSON.stringify(colour(name)));
  const { cloudthread: words, ...dressed } = JSON.parse(text);
  const font = getComputedStyle(document.body).fontFamily;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const axis of [dressed.yAxis ?? []].flat()) {
    axis.splitNumber = 4;
    axis.axisLabel = { ...axis.axisLabel, formatter: money, color: colour("--ink-3"), margin: 10 };
    axis.splitLine = { lineStyle: { color: colour("--chart-grid") } };
  }
  for (const axis of [dressed.xAxis ?? []].flat()) {
    const shown = (place) => words.ticks[place]?.is_labelled ?? true;
    axis.axisLabel = { ...axis.axisLabel, color: colour("--ink-3"), hideOverlap: true, interval: shown, margin: 10 };
    axis.axisLine = { lineStyle: { color: colour("--chart-axis") } };
    axis.axisTick = { show: false };
  }
  const bars = dressed.series.filter((series) => series.type === "bar");
  for (const series of bars) {
    Object.assign(series, { barCategoryGap: "33%", barMaxWidth: 56, barMinWidth: 2, emphasis: { disabled: true } });
    if (words.is_waterfall) series.stackStrategy = "all";
    if (series.name === "Base" || series.name === "Not delivered yet") series.silent = true;
    if (series.name === "Not delivered yet") series.itemStyle.borderType = "dashed";
  }
  if (words.is_stacked) finish(bars, words, colour("--card"));
  for (const series of dressed.series.filter((series) => series.type === "line")) {
    series.emphasis = { disabled: true };
    if (series.lineStyle.type === "dotted") Object.assign(series.lineStyle, { type: [0, 4.6], cap: "round" });
    if (series.name === "Halo" || series.name === "Previous") Object.assign(series, { silent: true, z: 4 });
  }
  dressed.tooltip = tooltip(words, colour("--accent"));
  dressed.textStyle = { fontFamily: font, fontSize: 12 };
  dressed.animationDuration = still ? 0 : 160;
  dressed.animationDurationUpdate = still ? 0 : 160;
  const seam = { place: words.seam, font, ink: colour("--ink-2"), faint: colour("--ink-3") };
  done();
  return { dressed, seam };
}

// The topmost piece of a bar has round corners; what may still change is hatched in the colour of the card.
function finish(bars, words, card) {
  const decal = { symbol: "rect", color: card, dashArrayX: [1, 0], dashArrayY: [1.5, 3.5], symbolSize: 1, rotation: -Math.PI / 4 };
  words.ticks.forEach((tick, place) => {
    const drawn = bars.filter((bar) => typeof bar.data[place] === "number" && bar.data[place] !== 0);
    for (const bar of drawn) {
      const itemStyle = {};
      if (bar === drawn.findLast((one) => one.data[place] > 0)) itemStyle.borderRadius = [2.5, 2.5, 0, 0];
      if (tick.is_estimated && bar.name !== "Not delivered yet") itemStyle.decal = decal;
      if (Object.keys(itemStyle).length) bar.finished = [...(bar.finished ?? []), [place, itemStyle]];
    }
  });
  for (const bar of bars) {
    for (const [place, itemStyle] of bar.finished ?? []) bar.data[place] = { value: bar.data[place], itemStyle };
    delete bar.finished;
  }
}

function tooltip(words, accent) {
  return {
    trigger: "axis",
    confine: true,
    padding: 0,
    borderWidth: 0,
    backgroundColor: "transparent",
    extraCssText: "box-shadow: none",
    transitionDuration: 0,
    axisPointer: { type: "shadow", shadowStyle: { color: accent, opacity: 0.07 } },
    // Beside the day, never over it.
    position: (point, _params, _element, _rect, { contentSize: [width, height], viewSize }) => {
      const right = point[0] + 28;
      const left = point[0] - width - 28;
      const x = right + width <= viewSize[0] ? right : Math.max(left, 0);
      return [x, Math.max(0, Math.min(16, viewSize[1] - height))];
    },
    formatter: (points) => tip(words, points[0]?.dataIndex ?? 0),
  };
}

const node = (kind, text, className) => {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
};

// Names come from reports and are hostile: text nodes only.
function tip(words, place) {
  const tick = words.ticks[place];
  const box = node("div", "", "tip tip--chart");
  const head = node("h3");
  head.append(node("span", tick.title), node("span", words.is_waterfall ? "" : "UTC", "muted"));
  const table = node("table");
  const [body, foot] = [table.createTBody(), table.createTFoot()];
  const row = (part, name, cost, swatch) => {
    const line = part.insertRow();
    const cell = node("th");
    cell.scope = "row";
    if (swatch) cell.append(node("span", "", `swatch swatch--${swatch}`), " ");
    cell.append(name);
    line.append(cell, node("td", cost));
  };
  for (const group of words.groups.toReversed()) {
    if (group.costs[place]) row(body, group.name, group.costs[place], group.colour ?? "other");
  }
  if (words.totals[place]) row(foot, words.is_waterfall ? "" : "Total", words.totals[place]);
  else if (tick.is_undelivered) row(foot, "Not delivered yet", "");
  if (words.previous[place]) row(foot, tick.previous ?? "Previous", words.previous[place]);
  if (tick.is_estimated) box.append(head, table, node("p", "Estimated: it may still change.", "muted"));
  else box.append(head, table);
  return box;
}

// Where Cost Explorer's figures end and the report's begin: between two days, which no axis can name.
function mark(chart, { place, font, ink, faint }) {
  const elements = [];
  if (place > 0) {
    const at = (index) => chart.convertToPixel({ xAxisIndex: 0 }, index);
    const x = Math.round((at(place - 1) + at(place)) / 2);
    const bottom = chart.getHeight() - 26;
    const style = { y: 8, font: `12px ${font}`, textVerticalAlign: "middle" };
    // A word that would be cut off is left out; the source below the chart names both.
    const fits = (word) => word.room >= word.needs;
    const words = [
      { id: "before", room: x, needs: 92, style: { ...style, x: x - 8, text: "Cost Explorer", fill: faint, textAlign: "right" } },
      { id: "after", room: chart.getWidth() - x, needs: 60, style: { ...style, x: x + 8, text: "Report", fill: ink, font: `600 12px ${font}` } },
    ];
    elements.push(
      { id: "line", type: "line", silent: true, z: 5, shape: { x1: x, x2: x, y1: 2, y2: bottom }, style: { stroke: faint, lineDash: [2, 3], lineWidth: 1 } },
      ...words.filter(fits).map(({ id, style }) => ({ id, type: "text", silent: true, style })),
    );
  }
  chart.setOption({ graphic: { elements } }, { replaceMerge: ["graphic"] });
}

function paint(element) {
  const { chart, options } = held.get(element);
  const { dressed, seam } = dress(options);
  chart.setOption(dressed, { replaceMerge: ["series"] });
  mark(chart, seam);
  held.get(element).seam = seam;
}

export function show(element, options, press) {
  const known = held.get(element);
  if (known) {
    known.options = options;
    known.press = press;
    return paint(element);
  }
  const chart = echarts.init(element, null, { renderer: "canvas" });
  const repaint = () => held.has(element) && paint(element);
  const size = new ResizeObserver(() => {
    chart.resize();
    const { seam } = held.get(element) ?? {};
    if (seam) mark(chart, seam);
  });
  const theme = new MutationObserver(repaint);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  held.set(element, {
    chart,
    options,
    press,
    stop: () => {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", repaint);
    },
  });
  size.observe(element);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  scheme.addEventListener("change", repaint);
  chart.on("click", ({ seriesIndex, componentType }) => {
    if (componentType === "series") held.get(element)?.press?.(seriesIndex);
  });
  paint(element);
}

export function save(element, name) {
  const chart = held.get(element)?.chart;
  if (!chart) return;
  const backgroundColor = getComputedStyle(element.closest(".card") ?? document.body).backgroundColor;
  chart.renderToCanvas({ pixelRatio: 2, backgroundColor }).toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

export function dispose(element) {
  const known = held.get(element);
  held.delete(element);
  known?.stop();
  known?.chart.dispose();
}
