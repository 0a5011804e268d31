// Looks at pages as scripts/page says. Arguments: files.
import {chromium} from "playwright-core";
import {basename} from "node:path";
import {pathToFileURL} from "node:url";

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let failures = 0, passed = 0;
const check = (what, ok, found) => {
	if (ok) { passed++; return; }
	failures++;
	console.log("FAIL  " + what + (found === undefined ? "" : ": " + JSON.stringify(found)));
};

// contrast is WCAG's ratio of an element's colour to the page's ground.
const contrast = selector => {
	const node = document.querySelector(selector);
	if (!node) return 99;
	const parse = text => { const c = document.createElement("canvas").getContext("2d"); c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3); };
	const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const style = getComputedStyle(node), ink = node instanceof SVGElement ? (style.fill === "none" ? style.stroke : style.fill) : style.color;
	const [a, b] = [light(parse(ink)), light(parse(getComputedStyle(document.body).backgroundColor))];
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};

async function look(page, name) {
	const at = what => name + ": " + what;
	check(at("wider than the screen"), await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
	for (const [selector, least] of [["body", 7], [".muted", 4.5], [".chart .tick", 4.5], [".chart .heading", 7], [".dots", 3], ["a[href^='#r0']", 4.5], [".line.l0", 3], [".line.l1", 3], [".line.l2", 3]]) {
		const ratio = await page.evaluate(contrast, selector);
		check(at("contrast of " + selector), ratio >= least, ratio);
	}
	const nameless = await page.evaluate(() => [
		...[...document.querySelectorAll("svg[role=img]")].filter(s => !s.querySelector("title")?.textContent || !s.querySelector("desc")?.textContent),
		...[...document.querySelectorAll("button")].filter(b => !b.textContent.trim()),
		...[...document.querySelectorAll("[tabindex='0']")].filter(e => !e.getAttribute("aria-label") && e.tagName !== "PRE"),
		...[...document.querySelectorAll("table")].filter(t => !t.caption && !t.classList.contains("pairs")),
		...[...document.querySelectorAll("figure, .still[id]")].filter(f => !f.querySelector("table")),
	].map(e => e.outerHTML.slice(0, 90)));
	check(at("without a name, or a picture without its table"), nameless.length === 0, nameless);
	const ids = await page.evaluate(() => { const all = [...document.querySelectorAll("[id]")].map(e => e.id); return all.filter((id, i) => all.indexOf(id) !== i); });
	check(at("ids that stand twice"), ids.length === 0, ids);
}

async function byKeyboard(page, name) {
	const at = what => name + ": " + what, keys = page.keyboard;
	await keys.press("Tab");
	check(at("the first stop is the skip link"), await page.evaluate(() => document.activeElement.className === "skip"));
	await keys.press("Tab");
	check(at("the second is the scheme"), await page.evaluate(() => document.activeElement.id === "scheme"));
	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor), grounds = [];
	for (let i = 0; i < 3; i++) { grounds.push(await ground()); await keys.press("Enter"); }
	check(at("the scheme changes and comes back"), new Set(grounds).size === 2 && grounds[0] === await ground(), grounds);

	if (!await page.locator("figure.picture").count()) return;
	const figure = page.locator("figure.picture").first(), button = figure.locator("button[data-line]").first();
	await button.focus();
	check(at("focus is seen"), await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"));
	await keys.press("Space");
	check(at("a line goes"), await figure.locator("path.line[data-line='0'][hidden]").count() === 2 && await button.getAttribute("aria-pressed") === "false");
	await keys.press("Space");
	check(at("and comes back"), await figure.locator("path.line[hidden]").count() === 0);

	const zoomed = page.locator("figure[data-zoom]").first(), area = zoomed.locator(".canvas"), said = zoomed.locator(".readout");
	if (await zoomed.count()) {
		const before = await said.textContent();
		await area.focus();
		for (let i = 0; i < 3; i++) await keys.press("ArrowRight");
		const third = await said.textContent();
		check(at("arrow keys read values"), third !== before && /succeeded .+\/s/.test(third), third);
		await keys.press("Home");
		check(at("Home goes back"), await said.textContent() !== third);
		const box = () => zoomed.locator("svg.plot").first().getAttribute("viewBox"), whole = await box();
		await keys.press("+");
		check(at("plus zooms"), await box() !== whole && await zoomed.locator(".reset").isVisible());
		await keys.press("0");
		check(at("0 shows all again"), await box() === whole && !await zoomed.locator(".reset").isVisible());
	}
	const map = page.locator("figure.slotmap").first();
	if (await map.count()) {
		const pixels = () => map.locator("canvas").first().evaluate(c => c.toDataURL());
		await map.locator(".maparea > canvas").focus();
		await keys.press("m");
		const hottest = await map.locator(".readout").textContent();
		check(at("the map tells slot, node and values"), /^Slot \d+ on \S+:\d+/.test(hottest) && /▸ operations [1-9]/.test(hottest), hottest);
		await keys.press("ArrowDown");
		check(at("arrow keys go on in the map"), await map.locator(".readout").textContent() !== hottest);
		for (const layer of await map.locator("button[data-layer]").all()) {
			const before = await pixels();
			if (await layer.getAttribute("aria-pressed") === "true") continue;
			await layer.focus();
			await keys.press("Enter");
			check(at("the map shows " + await layer.textContent()), await layer.getAttribute("aria-pressed") === "true" && await pixels() !== before);
		}
	}
	const details = page.locator("figure details").first();
	await details.locator("summary").first().focus();
	await keys.press("Enter");
	check(at("the table opens"), await details.locator("table").first().isVisible());
}

const browser = await chromium.launch({executablePath: process.env.CHROMIUM, args});
for (const file of process.argv.slice(2)) {
	for (const colorScheme of ["light", "dark"]) for (const width of [1400, 400]) {
		const name = `${basename(file, ".html")}, ${colorScheme}, ${width} px`;
		const page = await browser.newPage({colorScheme, viewport: {width, height: 900}});
		const requests = [], said = [];
		page.on("request", r => requests.push(r.url()));
		page.on("console", m => said.push(m.text()));
		page.on("pageerror", e => said.push(e.message));
		await page.goto(pathToFileURL(file).href);
		await page.screenshot({path: `${process.env.SHOTS}/${basename(file, ".html")}-${colorScheme}-${width}.png`, fullPage: true});
		await look(page, name);
		await byKeyboard(page, name);
		const elsewhere = requests.filter(url => url !== pathToFileURL(file).href && !url.startsWith("data:"));
		check(name + ": requests", elsewhere.length === 0, elsewhere);
		check(name + ": complaints", said.length === 0, said);
		await page.close();
	}
	console.log((failures ? "      " : "ok    ") + basename(file));
}
await browser.close();
console.log(`${passed} checks passed, ${failures} failed`);
process.exit(failures ? 1 : 0);
