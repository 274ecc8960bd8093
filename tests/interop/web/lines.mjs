// Answers each line of JSON on standard input with one line of JSON on standard output.
import { createInterface } from "node:readline";

export async function answerLines(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply;
    try {
      reply = await answer(JSON.parse(line));
    } catch (error) {
      reply = { error: error.message ?? String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
