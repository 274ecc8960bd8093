// Cornerstone's codec under Node: {"op": "decode", ...} or {"op": "encode", ...}, bytes in base64.
import openjph from "@cornerstonejs/codec-openjph";
import { answerLines } from "./lines.mjs";
import { decodeLevel } from "./viewer/openjphjs.mjs";

const messages = []; // what the codec would print
const keep = (text) => messages.push(text);
const codec = await openjph({ print: keep, printErr: keep });

function decode({ data, reduce }) {
  const { bytes, ...frame } = decodeLevel(codec, Buffer.from(data, "base64"), reduce);
  return { ...frame, pixels: Buffer.from(bytes).toString("base64") };
}

function encode({ pixels, frame, setters }) {
  const encoder = new codec.HTJ2KEncoder();
  try {
    encoder.getDecodedBuffer(frame).set(Buffer.from(pixels, "base64"));
    for (const [setter, ...values] of setters) encoder[setter](...values);
    encoder.encode();
    return { data: Buffer.from(encoder.getEncodedBuffer()).toString("base64") };
  } finally {
    encoder.delete();
  }
}

const operations = { decode, encode, version: () => ({ version: codec.getVersion() }) };

await answerLines(({ op, ...request }) => {
  messages.length = 0;
  try {
    return operations[op](request);
  } catch (error) {
    throw new Error(messages.join("; ") || error.message || error);
  }
});
