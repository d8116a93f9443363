// Ticks every three seconds, in a worker: in a tab that is not looked at, a browser lets a page's own
// timers fire once a minute only.
setInterval(() => postMessage("tick"), 3000);
