// Loads a frame resolution by resolution, each by its byte range, and shows those whose checksum is the listed one.
import { crc32 } from "./crc32.mjs";
import { draw } from "./drawing.mjs";
import { decodeLevel, samplesOf } from "./openjphjs.mjs";
import { addCard, listFrames, showFailure, showSummary, showWindow } from "./interface.mjs";

const CHECKSUMS = "PixelDataChecksumFromBaseToFullResolution";

async function fetchRange(url, [start, stop]) {
  const response = await fetch(url, { headers: { Range: `bytes=${start}-${stop - 1}` } });
  if (response.status !== 206) throw new Error(`the server answers ${response.status} to a byte range`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length !== stop - start) throw new Error(`${bytes.length} of ${stop - start} bytes came`);
  return bytes;
}

// Sizes tell which checksum belongs to which resolution; the list may be shorter than the codestream's.
function listedChecksum(imageFrame, { width, height }) {
  return imageFrame[CHECKSUMS].find((entry) => entry.Width === width && entry.Height === height)?.Checksum;
}

function decodeAndCompare(codec, data, resolution, listed) {
  const decoded = decodeLevel(codec, data, resolution.reduce);
  const checksum = crc32(decoded.bytes);
  const isListedSize = decoded.width === resolution.width && decoded.height === resolution.height;
  return { decoded, checksum, verified: isListedSize && checksum === listed };
}

// CRC-32 of what the canvas holds afterwards.
function drawOn(canvas, { decoded }, window) {
  const rgba = draw(samplesOf(decoded), decoded.componentCount, window);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.putImageData(new ImageData(rgba, decoded.width, decoded.height), 0, 0);
  return crc32(context.getImageData(0, 0, decoded.width, decoded.height).data);
}

async function showLevel(codec, url, received, resolution, { imageFrame, window }) {
  const card = addCard(resolution);
  const listed = listedChecksum(imageFrame, resolution);
  const level = { ...resolution, listed, checksum: null, verified: false, drawn: null, reason: null };
  try {
    received.set(await fetchRange(url, resolution.byteRange), resolution.byteRange[0]);
    const data = received.subarray(0, resolution.byteRange[1]);
    if (listed === undefined) throw new Error("no checksum is listed");
    const { decoded, checksum, verified } = decodeAndCompare(codec, data, resolution, listed);
    Object.assign(level, { checksum, verified });
    if (verified) level.drawn = drawOn(card.canvas, { decoded }, window);
  } catch (error) {
    level.reason = error.message;
  }
  card.finish(level);
  return level;
}

async function main() {
  const frames = await (await fetch("metadata.json")).json();
  const query = new URLSearchParams(location.search);
  const name = query.get("frame") ?? Object.keys(frames)[0];
  const frame = frames[name];
  if (!frame) throw new Error(`there is no frame ${name}`);
  if (frame.window && query.has("width")) {
    frame.window = { center: Number(query.get("center")), width: Number(query.get("width")) };
  }
  listFrames(frames, name);
  showWindow(frame.window, name);
  const codec = await Module();
  const received = new Uint8Array(frame.resolutions.at(-1).byteRange[1]);
  const levels = [];
  for (const resolution of frame.resolutions) {
    levels.push(await showLevel(codec, `frames/${name}`, received, resolution, frame));
  }
  showSummary(levels, `OpenJPH ${codec.getVersion()} in WebAssembly`);
  return levels;
}

globalThis.shown = main(); // for the tests: a promise of what came of each resolution
globalThis.shown.catch(showFailure);
