// Ticks every three seconds, in a worker: a page's own timers fire only once a minute while its tab is
// in the background.
setInterval(() => postMessage("tick"), 3000);
