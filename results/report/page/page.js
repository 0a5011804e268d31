"use strict";
(() => {
const root = document.documentElement;
const redraws = [];

// The scheme: the system's until a reader chooses.
const schemes = ["system", "light", "dark"];
const schemeButton = document.getElementById("scheme");
schemeButton.addEventListener("click", () => {
	const now = schemes[(schemes.indexOf(root.dataset.scheme || "system") + 1) % schemes.length];
	if (now === "system") delete root.dataset.scheme; else root.dataset.scheme = now;
	schemeButton.textContent = "Scheme: " + now;
	redraws.forEach(f => f());
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraws.forEach(f => f()));

const svgns = "http://www.w3.org/2000/svg";
const make = (name, attributes, parent) => {
	const node = document.createElementNS(svgns, name);
	for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
	parent.append(node);
	return node;
};
const dataOf = figure => JSON.parse(figure.querySelector('script[type="application/json"]').textContent);

// Pictures: a cursor that reads values, lines that can be hidden, and zoom.
for (const figure of document.querySelectorAll("figure.picture")) {
	const data = dataOf(figure), area = figure.querySelector(".canvas"), readout = figure.querySelector(".readout");
	const views = ["wide", "narrow"].map(name => {
		const svg = figure.querySelector("." + name + " svg.chart");
		return {svg, plot: svg.querySelector("svg.plot"), ticks: svg.querySelector(".xticks"), wholeTicks: svg.querySelector(".xticks").innerHTML,
			d: data[name], overlay: make("g", {"aria-hidden": "true"}, svg)};
	});
	const view = () => views.find(v => v.svg.parentElement.offsetParent !== null) || views[0];
	const longest = data.yt.reduce((best, line, i) => line.length > data.yt[best].length ? i : best, 0);
	const hidden = new Set();
	let at = -1, zoom = [0, 1], dragFrom = null;

	const toShare = (v, x) => zoom[0] + (x - v.d.left) / (v.d.right - v.d.left) * (zoom[1] - zoom[0]);
	const toPixel = (v, x) => v.d.left + ((x - v.d.left) / (v.d.right - v.d.left) - zoom[0]) / (zoom[1] - zoom[0]) * (v.d.right - v.d.left);
	const inside = i => {
		const v = views[0], share = (v.d.x[longest][i] - v.d.left) / (v.d.right - v.d.left);
		return share >= zoom[0] - 1e-9 && share <= zoom[1] + 1e-9;
	};

	function read(i) {
		at = Math.max(0, Math.min(data.xt.length - 1, i));
		const said = data.names.map((name, line) => hidden.has(line) || at >= data.yt[line].length ? null : name + " " + data.yt[line][at]).filter(Boolean);
		readout.textContent = data.xt[at] + ": " + said.join(", ");
		mark();
	}
	function mark() {
		for (const v of views) {
			v.overlay.replaceChildren();
			if (at < 0 || !inside(at)) continue;
			const x = toPixel(v, v.d.x[longest][at]);
			make("line", {class: "cursor", x1: x, x2: x, y1: v.d.top, y2: v.d.bottom}, v.overlay);
			v.d.y.forEach((ys, line) => {
				if (!hidden.has(line) && at < ys.length && ys[at] !== null)
					make("circle", {class: "dot l" + line % 8, cx: toPixel(v, v.d.x[line][at]), cy: ys[at], r: 4}, v.overlay);
			});
		}
	}
	function nearest(event) {
		const v = view(), box = v.svg.getBoundingClientRect();
		const x = (event.clientX - box.left) / box.width * v.svg.viewBox.baseVal.width;
		const want = v.d.left + toShare(v, x) * (v.d.right - v.d.left);
		let best = 0;
		v.d.x[longest].forEach((p, i) => { if (Math.abs(p - want) < Math.abs(v.d.x[longest][best] - want)) best = i; });
		return {best, x, share: Math.max(0, Math.min(1, toShare(v, x)))};
	}
	const reset = figure.querySelector(".reset");
	function setZoom(from, to) {
		if (to - from < 0.004) return;
		zoom = [Math.max(0, from), Math.min(1, to)];
		const whole = zoom[0] === 0 && zoom[1] === 1;
		reset.hidden = whole;
		for (const v of views) {
			const width = v.d.right - v.d.left;
			v.plot.setAttribute("viewBox", [v.d.left + zoom[0] * width, v.d.top, (zoom[1] - zoom[0]) * width, v.d.bottom - v.d.top].join(" "));
			if (whole) v.ticks.innerHTML = v.wholeTicks; else ticks(v);
		}
		mark();
	}
	// The first and last points of the longest line say which seconds its ends are.
	function ticks(v) {
		v.ticks.replaceChildren();
		const xs = v.d.x[longest], scale = (data.to - data.from) / (xs[xs.length - 1] - xs[0]);
		const seconds = x => data.from + (x - xs[0]) * scale, width = v.d.right - v.d.left;
		const from = seconds(v.d.left + zoom[0] * width), to = seconds(v.d.left + zoom[1] * width);
		const rough = (to - from) / Math.max(2, width / 110), unit = 10 ** Math.floor(Math.log10(rough));
		const step = [1, 2, 5, 10].map(m => m * unit).find(s => s >= rough);
		for (let i = Math.ceil(from / step); i * step <= to; i++) {
			const x = v.d.left + (i * step - from) / (to - from) * width;
			make("line", {class: "grid", x1: x, x2: x, y1: v.d.top, y2: v.d.bottom}, v.ticks);
			make("text", {class: "tick", x, y: v.d.bottom + 16, "text-anchor": "middle"}, v.ticks).textContent = +(i * step).toPrecision(6) + " s";
		}
	}
	function zoomBy(factor) {
		const v = views[0], middle = at >= 0 && inside(at) ? (v.d.x[longest][at] - v.d.left) / (v.d.right - v.d.left) : (zoom[0] + zoom[1]) / 2;
		let from = middle - (middle - zoom[0]) * factor, to = middle + (zoom[1] - middle) * factor;
		setZoom(Math.max(0, from), Math.min(1, to));
	}

	const canZoom = "zoom" in figure.dataset;
	area.addEventListener("pointerdown", event => { if (canZoom && event.pointerType === "mouse" && event.button === 0) dragFrom = nearest(event); });
	area.addEventListener("pointermove", event => {
		const here = nearest(event);
		read(here.best);
		if (dragFrom) {
			const v = view();
			make("rect", {class: "selection", x: Math.min(dragFrom.x, here.x), width: Math.abs(here.x - dragFrom.x), y: v.d.top, height: v.d.bottom - v.d.top}, v.overlay);
			event.preventDefault();
		}
	});
	window.addEventListener("pointerup", event => {
		if (!dragFrom) return;
		const from = dragFrom, here = nearest(event);
		dragFrom = null;
		if (Math.abs(here.x - from.x) > 8) setZoom(Math.min(from.share, here.share), Math.max(from.share, here.share));
		mark();
	});
	area.addEventListener("dblclick", () => { if (canZoom) setZoom(0, 1); });
	area.addEventListener("keydown", event => {
		const jump = event.shiftKey ? 10 : 1;
		const does = {
			ArrowRight: () => read(at + jump), ArrowLeft: () => read(at < 0 ? 0 : at - jump),
			Home: () => read(0), End: () => read(data.xt.length - 1),
			"+": () => canZoom && zoomBy(0.5), "=": () => canZoom && zoomBy(0.5), "-": () => canZoom && zoomBy(2), "0": () => canZoom && setZoom(0, 1),
			Escape: () => { at = -1; mark(); },
		}[event.key];
		if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		does();
	});
	if (reset) reset.addEventListener("click", () => { setZoom(0, 1); area.focus(); });
	for (const button of figure.querySelectorAll("button[data-line]")) {
		button.addEventListener("click", () => {
			const line = +button.dataset.line, show = hidden.has(line);
			if (show) hidden.delete(line); else hidden.add(line);
			button.setAttribute("aria-pressed", show);
			for (const path of figure.querySelectorAll('path.line[data-line="' + line + '"]')) path.toggleAttribute("hidden", !show);
			mark();
		});
	}
}

// Maps of slots.
for (const figure of document.querySelectorAll("figure.slotmap")) {
	const data = dataOf(figure), canvas = figure.querySelector(".maparea > canvas"), readout = figure.querySelector(".readout");
	const input = figure.querySelector("input"), ramp = figure.querySelector(".ramp"), keyText = figure.querySelector(".key span");
	const side = data.side, cell = Math.max(5, Math.floor(640 / side)), node = new Int16Array(data.slots).fill(-1);
	for (const [from, to, owner] of data.owned || []) node.fill(owner, from, to + 1);
	input.max = data.slots - 1;
	canvas.width = canvas.height = side * cell;
	let layer = 0, at = -1;

	const shade = share => {
		const place = Math.max(0, Math.min(1, share)) * (data.shades.length - 1), i = Math.min(Math.floor(place), data.shades.length - 2);
		const mixed = data.shades[i].map((a, c) => Math.round(a + (place - i) * (data.shades[i + 1][c] - a)));
		return "rgb(" + mixed.join(",") + ")";
	};
	const digits = v => v >= 1000 ? Math.round(v).toLocaleString("en-US") : String(+v.toPrecision(3));
	const scaled = (v, units) => { let i = 0; while (v >= 999.5 && i < units.length - 1) { v /= 1000; i++; } return digits(v) + " " + units[i]; };
	const text = (l, v) => l.unit === "µs" ? (v ? scaled(v, ["µs", "ms", "s"]) : "–") : l.unit === "B" ? scaled(v, ["B", "kB", "MB", "GB"]) : v.toLocaleString("en-US");

	function draw() {
		const c = canvas.getContext("2d"), l = data.layers[layer], colour = name => getComputedStyle(root).getPropertyValue(name).trim();
		let low = Infinity, high = 0;
		for (const v of l.values) if (v > 0) { low = Math.min(low, v); high = Math.max(high, v); }
		c.clearRect(0, 0, canvas.width, canvas.height);
		l.values.forEach((v, s) => {
			if (v <= 0) return;
			c.fillStyle = shade(high > low ? Math.log(v / low) / Math.log(high / low) : 1);
			c.fillRect(s % side * cell, Math.floor(s / side) * cell, cell, cell);
		});
		c.fillStyle = colour("--l1");
		for (let s = 0; s < data.slots; s++) {
			const x = s % side * cell, y = Math.floor(s / side) * cell;
			if (s >= side && node[s] !== node[s - side]) c.fillRect(x, y - 1, cell, 2);
			if (s % side && node[s] !== node[s - 1]) c.fillRect(x - 1, y, 2, cell);
		}
		c.fillStyle = colour("--ink");
		for (const [from, to] of data.moved || []) for (let s = from; s <= to; s++)
			c.fillRect(s % side * cell + Math.floor(cell / 2), Math.floor(s / side) * cell + Math.floor(cell / 2), 1, 1);
		if (at >= 0) {
			c.strokeStyle = colour("--ink"); c.lineWidth = 2;
			c.strokeRect(at % side * cell - 2, Math.floor(at / side) * cell - 2, cell + 4, cell + 4);
		}
		const r = ramp.getContext("2d");
		for (let x = 0; x < ramp.width; x++) { r.fillStyle = shade(x / (ramp.width - 1)); r.fillRect(x, 0, 1, ramp.height); }
		keyText.textContent = high ? text(l, low) + " … " + text(l, high) : "nothing";
	}
	function go(s) {
		at = Math.max(0, Math.min(data.slots - 1, s));
		const where = node[at] >= 0 ? data.nodes[node[at]] : "no node";
		const moved = (data.moved || []).some(([from, to]) => at >= from && at <= to) ? ", which it came to in the run" : "";
		const values = data.layers.map((l, i) => (i === layer ? "▸ " : "") + l.name + " " + (at < l.values.length ? text(l, l.values[at]) : "–"));
		readout.textContent = "Slot " + at + " on " + where + moved + "\n" + values.join("\n");
		input.value = at;
		draw();
	}
	function show(i) {
		layer = i;
		for (const button of figure.querySelectorAll("button[data-layer]")) button.setAttribute("aria-pressed", +button.dataset.layer === i);
		if (at >= 0) go(at); else draw();
	}
	for (const button of figure.querySelectorAll("button[data-layer]")) button.addEventListener("click", () => show(+button.dataset.layer));
	canvas.addEventListener("pointermove", event => {
		const box = canvas.getBoundingClientRect();
		const x = Math.floor((event.clientX - box.left - 1) / (box.width - 2) * side), y = Math.floor((event.clientY - box.top - 1) / (box.height - 2) * side);
		if (x >= 0 && y >= 0 && x < side && y < side && y * side + x < data.slots && y * side + x !== at) go(y * side + x);
	});
	canvas.addEventListener("keydown", event => {
		const values = data.layers[layer].values;
		const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: side, ArrowUp: -side}[event.key];
		let to = null;
		if (step) to = at < 0 ? 0 : at + step;
		else if (event.key === "Home") to = 0;
		else if (event.key === "End") to = data.slots - 1;
		else if (event.key === "m" || event.key === "M") to = values.indexOf(values.reduce((a, b) => Math.max(a, b), 0));
		if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		go(to);
	});
	input.addEventListener("change", () => { if (input.value !== "") go(+input.value); });
	redraws.push(draw);
	draw();
}
})();
