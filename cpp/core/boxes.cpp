#include "core/boxes.hpp"

#include <cstring>
#include <string>

#include "core/box_types.hpp"
#include "core/sniff.hpp"

namespace htj2k {
namespace {

struct box {
  std::uint32_t type = 0;
  std::uint64_t start = 0;
  std::uint64_t content = 0;
  std::uint64_t stop = 0;  // by its own length: may lie beyond the data
  bool is_open = false;    // LBox 0: to the end of the data
};

std::string name(const box& b) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char c = static_cast<char>((b.type >> shift) & 0xFF);
    text += c >= 32 && c < 127 ? c : '?';
  }
  return "box '" + text + "' at byte " + std::to_string(b.start);
}

[[noreturn]] void refuse(const box& b, const std::string& what) {
  throw error(error_code::codestream, name(b) + ": " + what, b.start);
}

[[noreturn]] void cut(byte_span data, const std::string& what, std::uint64_t needed) {
  truncation t;
  t.bytes_present = data.size;
  t.bytes_needed = needed;
  throw error(what + " is cut: the data end at byte " + std::to_string(data.size) + ", at least " +
                  std::to_string(needed) + " are needed",
              t);
}

box read_header(byte_span data, std::uint64_t start) {
  box b;
  b.start = start;
  if (!holds(data, start, 8)) cut(data, "the box header at byte " + std::to_string(start), start + 8);
  const std::uint32_t length = load_u32(data.data + start);
  b.type = load_u32(data.data + start + 4);
  b.content = start + 8;
  b.stop = start + length;
  if (length == 0) {
    b.is_open = true;
    b.stop = data.size;
  } else if (length == 1) {
    if (!holds(data, start, 16)) cut(data, name(b), start + 16);
    const std::uint64_t extended = load_u64(data.data + start + 8);
    b.content = start + 16;
    if (extended < 16 || extended > UINT64_MAX - start)
      refuse(b, "its extended length (XLBox) is " + std::to_string(extended));
    b.stop = start + extended;
  } else if (length < 8) {
    refuse(b, "its length (LBox) is " + std::to_string(length) + "; expected 0, 1, or at least 8");
  }
  return b;
}

bool names_jph(byte_span data, const box& b) {
  if (b.stop - b.content < 8) refuse(b, "it is shorter than a brand and a minor version");
  if (load_u32(data.data + b.content) == brand_jph) return true;
  for (std::uint64_t at = b.content + 8; at + 4 <= b.stop; at += 4)
    if (load_u32(data.data + at) == brand_jph) return true;
  return false;
}

// The image header, colour and other boxes inside are not needed: the codestream says it all. They must fit.
void check_image_header(byte_span data, const box& header) {
  for (std::uint64_t at = header.content; at < header.stop;) {
    const box b = read_header({data.data, header.stop}, at);
    if (b.stop > header.stop) refuse(b, "it reaches beyond the box 'jp2h' that holds it");
    at = b.stop;
  }
}

void open(byte_span data, const box& b, codestream& cs) {
  cs.box_is_cut = b.stop > data.size;
  cs.box_stop = b.is_open ? 0 : b.stop;
  cs.range = {b.content, cs.box_is_cut ? data.size : b.stop};
  const byte_span inside{data.data + cs.range.start, cs.range.size()};
  if (inside.size < 4) cut(data, "the codestream", cs.range.start + 4);
  if (!is_codestream(inside)) refuse(b, "its content is not a codestream: it is " + describe(inside));
}

}  // namespace

bool is_box_file(byte_span data) {
  static const unsigned char signature[12] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10};
  return data.size >= sizeof signature && std::memcmp(data.data, signature, sizeof signature) == 0;
}

void find_codestream(byte_span data, codestream& cs) {
  cs.file = container::jp2;
  bool seen_ftyp = false;
  for (std::uint64_t at = 12; at < data.size;) {
    const box b = read_header(data, at);
    if (!seen_ftyp && b.type != type_ftyp) refuse(b, "the box 'ftyp' must follow the signature box");
    if (b.type == type_jp2c) return open(data, b, cs);
    if (b.stop > data.size) cut(data, name(b), b.stop);
    if (b.type == type_ftyp && names_jph(data, b)) cs.file = container::jph;
    if (b.type == type_jp2h) check_image_header(data, b);
    if (b.is_open)
      throw error(error_code::not_htj2k,
                  "this is a JP2 or JPH file without a codestream box ('jp2c'): " + name(b) + " is its last",
                  b.start);
    seen_ftyp = true;
    at = b.stop;
  }
  // The next box may be on its way: a download must not be given up here.
  cut(data, "the file, which has no codestream box ('jp2c') so far,", data.size + 8);
}

}  // namespace htj2k
