// Samples to pixels of the screen. drawing.py is the same in numpy, and the tests compare the two.

// DICOM's linear window (PS3.3 C.11.2.1.2) for an integer centre and width, rounded down. Every number is an integer
// below 2**53 but the quotient, which cannot round up to an integer: it is at least 1 / span away from it.
function grey(sample, center, width) {
  const span = 2 * (width - 1);
  const above = Math.min(Math.max(2 * (sample - center) + width, 0), span);
  return Math.floor((255 * above) / span);
}

// RGBA bytes. With one component `window` is {center, width}; three components of 8 bits are drawn as they are.
export function draw(samples, componentCount, window) {
  const count = samples.length / componentCount;
  const rgba = new Uint8ClampedArray(4 * count).fill(255);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      rgba[4 * i + c] = componentCount === 3 ? samples[3 * i + c] : grey(samples[i], window.center, window.width);
    }
  }
  return rgba;
}
