// The one place that touches the chart library. It is fetched with the first chart, never before.
let library;

export async function draw(element, options, colours) {
  library ??= import("/assets/charts.js");
  const { show } = await library;
  if (element.isConnected) show(element, JSON.parse(options), colours);
}

export async function forget(element) {
  if (library) (await library).dispose(element);
}
