#include "core/jph_file.hpp"

#include <cstddef>
#include <utility>

#include "core/box_types.hpp"
#include "core/bytes.hpp"

namespace htj2k {
namespace {

class box_writer {
public:
  void u8(std::uint32_t value) { append_u8(bytes_, value); }
  void u16(std::uint32_t value) { append_u16(bytes_, value); }
  void u32(std::uint32_t value) { append_u32(bytes_, value); }

  // Returns where the box starts; its length is filled in by close.
  std::size_t open(std::uint32_t type) {
    const std::size_t start = bytes_.size();
    u32(0);
    u32(type);
    return start;
  }

  void close(std::size_t start) { store_u32(bytes_.data() + start, bytes_.size() - start); }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
  std::vector<std::uint8_t> bytes_;
};

void write_signature(box_writer& out) {
  const auto start = out.open(type_signature);
  out.u32(0x0D0A870A);
  out.close(start);
}

// Not compatible with `jp2 `: a JP2 file holds a codestream of Part 1.
void write_file_type(box_writer& out) {
  const auto start = out.open(type_ftyp);
  out.u32(brand_jph);
  out.u32(0);  // MinV
  out.u32(brand_jph);
  out.close(start);
}

// EnumCS for one and three components; of any other number nothing says what they are. 0: unknown.
std::uint32_t enumerated_color(std::uint32_t components) {
  return components == 1 ? 17 /* greyscale */ : components == 3 ? 16 /* sRGB */ : 0;
}

// BPC tells the depth of all components, so a bpcc box must not be there (T.800 I.5.3.2).
void write_image_header(box_writer& out, const jph_image& image, bool color_is_known) {
  const auto start = out.open(type_ihdr);
  out.u32(image.height);
  out.u32(image.width);
  out.u16(image.components);
  out.u8((image.bit_depth - 1) | (image.is_signed ? 0x80U : 0U));  // BPC
  out.u8(7);                                                       // C: JPEG 2000
  out.u8(color_is_known ? 0 : 1);                                  // UnkC
  out.u8(0);                                                       // IPR
  out.close(start);
}

void write_color(box_writer& out, std::uint32_t enumerated) {
  const auto start = out.open(type_colr);
  out.u8(1);  // METH: enumerated
  out.u8(0);  // PREC
  out.u8(0);  // APPROX
  out.u32(enumerated);
  out.close(start);
}

// With UnkC 1 a JPH file needs no colour specification, and none is better than an invented one.
void write_header(box_writer& out, const jph_image& image) {
  const std::uint32_t color = enumerated_color(image.components);
  const auto start = out.open(type_jp2h);
  write_image_header(out, image, color != 0);
  if (color != 0) write_color(out, color);
  out.close(start);
}

// A last box that is too long for LBox says 0 there: it goes to the end of the file.
void write_codestream_header(box_writer& out, std::uint64_t codestream_size) {
  const std::uint64_t length = codestream_size + 8;
  out.u32(length <= UINT32_MAX ? static_cast<std::uint32_t>(length) : 0);
  out.u32(type_jp2c);
}

}  // namespace

std::vector<std::uint8_t> jph_boxes(const jph_image& image, std::uint64_t codestream_size) {
  box_writer out;
  write_signature(out);
  write_file_type(out);
  write_header(out, image);
  write_codestream_header(out, codestream_size);
  return out.take();
}

}  // namespace htj2k
