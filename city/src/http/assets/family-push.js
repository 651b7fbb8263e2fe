// The one page of the family's that has a script: it asks this browser for an address at its push service and puts it into a form.
"use strict";
(() => {
  const form = document.getElementById("subscribe");
  const unable = document.getElementById("unable");
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!form || !able) {
    return;
  }
  const say = (what) => {
    unable.hidden = !what;
  };
  unable.hidden = true;
  form.hidden = false;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  form.addEventListener("submit", async (event) => {
    if (form.elements.endpoint.value !== "") {
      return;
    }
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        say(true);
        return;
      }
      await navigator.serviceWorker.register("/assets/family-worker.js", { scope: form.dataset.scope });
      const registration = await navigator.serviceWorker.ready;
      const subscription = await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(form.dataset.key),
      });
      const { endpoint, keys } = subscription.toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
      form.submit();
    } catch {
      say(true);
    }
  });
})();
