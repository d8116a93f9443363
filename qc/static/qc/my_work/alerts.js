// Alerts of a task that arrived by itself: a soft sound, and a desktop alert in a background tab.
// Each is switched on and off by a button, and stays so in this browser.
const alertOf = (() => {
  const ICONS = { sound: ["volume_up", "volume_off"], notice: ["notifications_active", "notifications_off"] };
  const canNotify = "Notification" in window;
  let audio = null;

  function isOn(name) {
    if (name === "notice") {
      return canNotify && Notification.permission === "granted" && localStorage.getItem("qc-notice") === "on";
    }
    return localStorage.getItem("qc-sound") !== "off";
  }

  function show() {
    for (const button of document.querySelectorAll("[data-alert]")) {
      const name = button.dataset.alert;
      button.hidden = name === "notice" && !canNotify;
      button.setAttribute("aria-pressed", isOn(name));
      button.firstElementChild.textContent = ICONS[name][isOn(name) ? 0 : 1];
    }
  }

  async function turn(button) {
    const name = button.dataset.alert;
    const turnedOn = !isOn(name);
    if (name === "notice" && turnedOn && (await Notification.requestPermission()) !== "granted") {
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.denied;
      return;
    }
    localStorage.setItem(`qc-${name}`, turnedOn ? "on" : "off");
    show();
    if (name === "sound" && turnedOn) play();
  }

  // Two low notes that swell and fade; a browser that wants a click first stays silent.
  function play() {
    audio ??= new AudioContext();
    const now = audio.currentTime;
    for (const [start, pitch] of [[0, 523.25], [0.16, 659.25]]) {
      const note = audio.createOscillator();
      const loudness = audio.createGain();
      note.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, now + start);
      loudness.gain.linearRampToValueAtTime(0.06, now + start + 0.03);
      loudness.gain.exponentialRampToValueAtTime(0.0001, now + start + 0.45);
      note.connect(loudness).connect(audio.destination);
      note.start(now + start);
      note.stop(now + start + 0.5);
    }
  }

  function notify(title) {
    const notice = new Notification(title, { tag: "qc-task" });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-alert]");
    if (button) turn(button);
  });
  show();

  return (title) => {
    if (isOn("sound")) play();
    if (isOn("notice") && document.hidden) notify(title);
  };
})();
