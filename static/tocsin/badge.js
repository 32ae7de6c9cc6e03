/* The number of cases that nobody looks after stands in the title too; a sound only after somebody has pressed the button for it. */
(function () {
  "use strict";
  var title = document.title;
  var before = null;
  var sound = null;
  function ring() {
    var tone = sound.createOscillator();
    var loudness = sound.createGain();
    tone.frequency.value = 880;
    loudness.gain.setValueAtTime(0.3, sound.currentTime);
    loudness.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.8);
    tone.connect(loudness).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.8);
  }
  function tell() {
    var badge = document.getElementById("badge");
    if (!badge || badge.dataset.waits === undefined) { return; }
    var waits = Number(badge.dataset.waits);
    document.title = waits ? "(" + waits + ") " + title : title;
    if (sound && before !== null && waits > before) { ring(); }
    before = waits;
  }
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-sound]");
    if (!button) { return; }
    if (sound) {
      sound.close();
      sound = null;
    } else {
      sound = new AudioContext();
      ring();
    }
    button.setAttribute("aria-pressed", sound ? "true" : "false");
  });
})();
