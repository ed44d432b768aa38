// What the page does beyond showing itself: links by names, the next failure, search that opens what it finds, print.
(() => {
  const features = document.getElementById("content");
  const head = document.querySelector("header.acceptance");

  features.setAttribute("role", "main");

  // What the features' page leaves without a name or out of the keyboard's reach.
  const named = () => {
    for (const link of features.querySelectorAll('a[href^="#"]:not([aria-label])')) {
      if (!link.textContent.trim()) link.setAttribute("aria-label", "Link to " + (link.nextElementSibling?.textContent ?? "this place"));
    }
    for (const block of features.querySelectorAll("pre:not([tabindex])")) block.tabIndex = 0;
  };
  new MutationObserver(named).observe(features, { childList: true, subtree: true });
  named();

  const closed = () => [...features.querySelectorAll("button[aria-expanded=false]")].filter((one) => /\.feature$/.test(one.textContent));
  const openAll = () => closed().forEach((one) => one.click());

  // From a scenario's heading to its time line.
  const lead = () => {
    for (const line of head.querySelectorAll(".time-line")) {
      const heading = document.getElementById(line.dataset.node);
      if (!heading || document.getElementById(`to-${line.id}`)) continue;
      const link = document.createElement("a");
      link.id = `to-${line.id}`;
      link.href = `#${line.id}`;
      link.textContent = "Second by second";
      heading.after(link);
    }
  };
  new MutationObserver(lead).observe(features, { childList: true, subtree: true });
  lead();

  const show = (target) => {
    for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    target.scrollIntoView();
  };

  // An address made of names leads to the sentence, whatever the file's numbers are in this run.
  const follow = (tries = 40) => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const place = document.getElementById(id);
    if (place) return show(place);
    const link = head.querySelector(`a[href="#${CSS.escape(id)}"][data-node]`);
    if (!link) return;
    const heading = document.getElementById(link.dataset.node);
    if (heading?.checkVisibility()) return show(heading);
    closed().filter((one) => one.textContent === link.dataset.file).forEach((one) => one.click());
    if (tries) setTimeout(follow, 50, tries - 1);
  };
  addEventListener("hashchange", () => follow());
  follow();

  // The next failure, from wherever the reader is; behind the last comes the first.
  const failures = () => [...document.querySelectorAll(".acceptance .cause, #content li[data-status=FAILED]")].filter((one) => one.checkVisibility());
  if (head.querySelector(".cause")) {
    const next = document.createElement("button");
    next.className = "next-failure";
    next.textContent = "Next failure";
    next.addEventListener("click", () => {
      const there = failures();
      const below = there.find((one) => one.getBoundingClientRect().top > 60) ?? there[0];
      below?.scrollIntoView();
      scrollBy(0, -40);
    });
    head.append(next);
  }

  features.addEventListener("input", (event) => {
    if (event.target.name === "query" && event.target.value) for (const after of [300, 900, 1500]) setTimeout(openAll, after);
  });

  // A narrow window has the numbers in place of a picture; paper has everything.
  const unfold = (which) => document.querySelectorAll(which).forEach((one) => { one.open = true; });
  if (matchMedia("(max-width: 48rem)").matches) unfold(".numbers");
  addEventListener("beforeprint", () => { unfold("details"); openAll(); });
})();
