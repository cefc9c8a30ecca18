// Trunk calls this around the start of the WebAssembly. It also owns the overlay that must work when the app does not.
export default function boot() {
  const at = (id) => document.getElementById(id);
  at("stopped-reload")?.addEventListener("click", () => location.reload());
  at("stopped-copy")?.addEventListener("click", () =>
    navigator.clipboard?.writeText(at("stopped-details")?.textContent ?? "").catch(() => {}),
  );
  return {
    onFailure: (error) => {
      const text = at("boot-text");
      if (text) text.textContent = "Cloudthread could not be loaded. Check the connection, then reload this page.";
      console.error(error);
    },
  };
}
