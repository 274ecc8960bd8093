// Opens the viewer's page in the browser named by the first argument: {"url": ..., "screenshot": path or null}.
import { chromium } from "playwright-core";
import { answerLines } from "./lines.mjs";

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ],
});

await answerLines(async ({ url, screenshot }) => {
  const page = await browser.newPage({ viewport: { width: 1240, height: 720 } });
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (entry) => entry.type() === "error" && complaints.push(entry.text()));
  try {
    await page.goto(url);
    const levels = await page.evaluate(() => globalThis.shown);
    const verdicts = await page.locator(".verdict").allInnerTexts();
    const summary = await page.locator("footer").innerText();
    if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
    return { levels, verdicts, summary, complaints };
  } finally {
    await page.close();
  }
});
await browser.close();
