// The one place that touches the chart library. It is fetched with the first chart, never before.
let library;

// A failed fetch is forgotten: the next chart tries again.
const load = () =>
  (library ??= import("/assets/charts.js").catch((error) => {
    library = undefined;
    throw error;
  }));

export async function draw(element, options, press) {
  const { show } = await load();
  if (element.isConnected) show(element, JSON.parse(options), press);
}

export async function save(id, name) {
  const element = document.getElementById(id);
  if (library && element) (await library).save(element, name);
}

export async function forget(element) {
  if (library) (await library).dispose(element);
}
