// Cornerstone's codec as both the page and the worker use it.

// Decodes one resolution. The codec raises nothing for what it cannot read, it leaves a message behind; and the
// pixels of what is cut short are whatever the missing bytes make of them, so only a checksum can vouch for them.
export function decodeLevel(codec, data, reduce) {
  const decoder = new codec.HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(data.length).set(data);
    if (reduce === 0) decoder.decode();
    else decoder.decodeSubResolution(reduce);
    const message = decoder.getLastErrorMessage();
    if (message || !decoder.getIsHeaderValid()) throw new Error(message || "the codec reads no header");
    const frame = decoder.getFrameInfo();
    if (frame.bitsPerSample > 16) throw new Error(`${frame.bitsPerSample} bits: the codec writes 16 at most`);
    const size = decoder.calculateSizeAtDecompositionLevel(reduce);
    const bytes = decoder.getDecodedBuffer().slice(); // out of the codec's memory, which the next decode may move
    return { ...frame, ...size, bytes };
  } finally {
    decoder.delete();
  }
}

// The samples as numbers, by the rule of Cornerstone's image loader.
export function samplesOf({ bytes, bitsPerSample, isSigned }) {
  if (bitsPerSample <= 8) return isSigned ? new Int8Array(bytes.buffer) : bytes;
  return isSigned ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer);
}
