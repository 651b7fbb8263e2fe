// Shows that there is something new, and nothing else: the message holds a language only.
"use strict";
const WORDS = {
  ja: ["新しいお知らせがあります", "タップするとページが開きます。"],
  easy: ["あたらしい おしらせが あります", "タップすると ページが ひらきます。"],
  en: ["There is something new", "Tap to open the page."],
  zh: ["有新的通知", "点击打开页面。"],
  pt: ["Há um novo aviso", "Toque para abrir a página."],
  vi: ["Có thông báo mới", "Chạm để mở trang."],
  tl: ["May bagong abiso", "I-tap para buksan ang pahina."],
  ne: ["नयाँ सूचना छ", "पृष्ठ खोल्न थिच्नुहोस्।"],
};
self.addEventListener("push", (event) => {
  const tongue = event.data ? event.data.text() : "ja";
  const [title, body] = WORDS[tongue] ?? WORDS.ja;
  event.waitUntil(self.registration.showNotification(title, { body, tag: "news", icon: "/assets/icon.svg" }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(self.registration.scope.replace(/\/$/, "")));
});
