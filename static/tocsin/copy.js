/* A button that copies the text it names. Without this script there is none, and one click on the text selects it whole. */
(function () {
  "use strict";
  document.documentElement.classList.add("script");
  function select(text) {
    var range = document.createRange();
    range.selectNodeContents(text);
    var chosen = window.getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
  }
  function say(button, words) {
    var before = button.dataset.words || (button.dataset.words = button.textContent);
    button.textContent = words;
    window.setTimeout(function () { button.textContent = before; }, 2000);
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) { return; }
    var text = document.getElementById(button.dataset.copy);
    select(text);
    /* Only an encrypted page, or this machine's own, may write to the clipboard; elsewhere the older way is tried. */
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text.textContent).then(
        function () { say(button, "Copied"); },
        function () { say(button, "Selected: copy it now"); }
      );
    } else {
      say(button, document.execCommand("copy") ? "Copied" : "Selected: copy it now");
    }
  });
})();
