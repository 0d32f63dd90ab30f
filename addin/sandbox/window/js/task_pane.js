/**
 * The task pane at the right of an open appointment: the add-in's page in a frame, as wide as one likes.
 */

import { element } from "./element.js";

const FIRST_WIDTH = 340;
const NARROWEST = 320;
const WIDEST = 640;
const STEP = 20;

export class TaskPane {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} edge the line between form and pane
   */
  constructor(root, edge) {
    this.root = root;
    this.edge = edge;
    this.width = FIRST_WIDTH;
    /** @type {HTMLIFrameElement | null} */
    this.frame = null;
    wireEdge(
      edge,
      (width) => this.resize(width),
      () => this.width,
    );
  }

  /**
   * @param {string} title
   * @param {string} url
   * @param {() => void} onClose
   * @returns {HTMLIFrameElement} not yet loading, so that the caller can listen first
   */
  open(title, url, onClose) {
    const origin = new URL(url).origin;
    this.frame = element("iframe", {
      title,
      "data-testid": "task-pane",
      allow: `clipboard-write ${origin}; clipboard-read ${origin}`,
    });
    const cross = element("span", { class: "cross", "aria-hidden": "true" });
    const close = element(
      "button",
      { type: "button", class: "icon-button", "aria-label": `Stäng ${title}`, onclick: onClose },
      cross,
    );
    this.root.replaceChildren(
      element("div", { class: "pane-head" }, element("h2", {}, title), close),
      this.frame,
    );
    this.root.setAttribute("aria-label", title);
    this.root.hidden = this.edge.hidden = false;
    this.resize(this.width);
    return this.frame;
  }

  close() {
    this.root.replaceChildren();
    this.root.hidden = this.edge.hidden = true;
    this.frame = null;
  }

  /** @param {number} width */
  resize(width) {
    this.width = Math.round(Math.max(NARROWEST, Math.min(WIDEST, width)));
    this.root.style.setProperty("--pane-width", `${this.width}px`);
    this.edge.setAttribute("aria-valuenow", String(this.width));
    this.edge.setAttribute("aria-valuetext", `${this.width} bildpunkter`);
  }
}

/**
 * @param {HTMLElement} edge
 * @param {(width: number) => void} resize
 * @param {() => number} width
 */
function wireEdge(edge, resize, width) {
  const attributes = {
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-label": "Åtgärdsfönstrets bredd",
    "aria-valuemin": String(NARROWEST),
    "aria-valuemax": String(WIDEST),
  };
  for (const [name, value] of Object.entries(attributes)) edge.setAttribute(name, value);
  edge.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (step) resize(width() + step);
  });
  edge.addEventListener("pointerdown", (event) => {
    // Captured, or the frame beside would swallow the movement.
    edge.setPointerCapture(event.pointerId);
    edge.onpointermove = (move) => resize(document.documentElement.clientWidth - move.clientX);
    edge.onpointerup = () => (edge.onpointermove = null);
    event.preventDefault();
  });
}
