/* Composing: a click on the map sets a circle's middle or an area's next corner, and what has happened begins with the time
   that it is there now. Without this script both are typed. What somebody opened or closed in the preview stays so when it is
   written anew, but what is wrong stands open. */
(function () {
  "use strict";
  function set(field, value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function clicked(map, event) {
    var box = map.getBoundingClientRect(), shown = map.viewBox.baseVal, at = map.dataset;
    var x = (event.clientX - box.left) / box.width * shown.width - shown.width / 2;
    var y = (event.clientY - box.top) / box.height * shown.height - shown.height / 2;
    var lon = Number(at.lon) + x / (at.scale * at.wide), lat = Number(at.lat) - y / at.scale;
    return { lat: Math.max(-90, Math.min(90, lat)).toFixed(2), lon: (((lon + 180) % 360 + 360) % 360 - 180).toFixed(2) };
  }
  var folded = {};
  document.addEventListener("click", function (event) {
    var summary = event.target.closest("#preview summary");
    if (summary && summary.parentNode.id) { folded[summary.parentNode.id] = summary.parentNode.open; }
  });
  document.addEventListener("htmx:afterSwap", function () {
    Object.keys(folded).forEach(function (id) {
      var part = document.getElementById(id);
      if (part && !("wrong" in part.dataset)) { part.open = !folded[id]; }
    });
  });
  document.addEventListener("click", function (event) {
    var map = event.target.closest("svg.map"), clear = event.target.closest("[data-clear]");
    if (clear) { clear.dataset.clear.split(" ").forEach(function (id) { set(document.getElementById(id), ""); }); }
    // Whoever scrolls with a finger means no place: only while it is asked for.
    if (!map || !document.getElementById("part").open) { return; }
    var point = clicked(map, event), corners = document.getElementById("id_corners");
    if (document.getElementById("click-corner").checked) {
      set(corners, (corners.value ? corners.value + ", " : "") + point.lat + " " + point.lon);
    } else {
      set(document.getElementById("id_around"), point.lat + ", " + point.lon);
    }
  });
  document.addEventListener("htmx:afterSwap", function () {
    var now = document.querySelector("[data-now]");
    document.querySelectorAll("input[data-begins-now]").forEach(function (field) {
      var ours = field.value === (field.dataset.begun || "");
      if (!now || !ours || field.value === now.dataset.now || field === document.activeElement) { return; }
      field.dataset.begun = now.dataset.now;
      // Whoever corrects the place and submits at once would say it by the old place's clock.
      field.form.elements[field.name.replace("slot_", "now_")].value = now.dataset.now + " " + now.dataset.zone;
      set(field, now.dataset.now);
    });
  });
})();
