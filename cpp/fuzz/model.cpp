#include "fuzz/model.hpp"

#include <algorithm>
#include <array>

namespace htj2k::fuzz {
namespace {

constexpr std::array<std::uint8_t, 4> soc_siz{0xFF, 0x4F, 0xFF, 0x51};
constexpr std::size_t sot_size = 12;

bytes slice(byte_span data, std::uint64_t start, std::uint64_t stop) {
  return {data.data + start, data.data + std::min(stop, data.size)};
}

// Segments from `at` to the first SOT, SOD or to what is no segment; `at` then stands there.
std::vector<model_segment> read_segments(byte_span data, std::uint64_t& at) {
  std::vector<model_segment> found;
  while (holds(data, at, 4)) {
    const std::uint16_t code = load_u16(data.data + at);
    const std::uint64_t length = load_u16(data.data + at + 2);
    if (code < 0xFF00 || code == SOT || code == SOD || length < 2 || !holds(data, at, 2 + length)) break;
    found.push_back({code, slice(data, at + 4, at + 2 + length)});
    at += 2 + length;
  }
  return found;
}

std::optional<model_part> read_part(byte_span data, std::uint64_t& at) {
  if (!holds(data, at, sot_size) || load_u16(data.data + at) != SOT) return std::nullopt;
  const std::uint64_t length = load_u32(data.data + at + 6);
  const std::uint64_t end =
      data.size - (data.size >= 2 && load_u16(data.data + data.size - 2) == EOC ? 2 : 0);
  const std::uint64_t stop = length >= sot_size && holds(data, at, length) ? at + length : end;
  model_part part;
  part.tile = load_u16(data.data + at + 4);
  part.index = data.data[at + 10];
  part.num_parts = data.data[at + 11];
  std::uint64_t body = at + sot_size;
  part.header = read_segments({data.data, std::max(stop, body)}, body);
  if (holds(data, body, 2) && load_u16(data.data + body) == SOD) body += 2;
  part.body = slice(data, std::min(body, stop), stop);
  at = std::max(stop, at + sot_size);
  return part;
}

void put_segment(bytes& out, const model_segment& segment) {
  const std::size_t size = std::min<std::size_t>(segment.payload.size(), 65533);
  append_u16(out, segment.code);
  append_u16(out, size + 2);
  out.insert(out.end(), segment.payload.begin(), segment.payload.begin() + static_cast<std::ptrdiff_t>(size));
}

bytes put_part(const model_part& part) {
  bytes header;
  for (const auto& segment : part.header) put_segment(header, segment);
  bytes out;
  append_u16(out, SOT);
  append_u16(out, sot_size - 2);
  append_u16(out, part.tile);
  append_u32(out, sot_size + header.size() + 2 + part.body.size());
  out.push_back(part.index);
  out.push_back(part.num_parts);
  out.insert(out.end(), header.begin(), header.end());
  append_u16(out, SOD);
  out.insert(out.end(), part.body.begin(), part.body.end());
  return out;
}

model_segment true_tlm(const model& m, const std::vector<bytes>& parts) {
  model_segment tlm{TLM, {0, 0x60}};  // 16-bit tile index, 32-bit length
  for (std::size_t i = 0; i < parts.size(); ++i) {
    append_u16(tlm.payload, m.parts[i].tile);
    append_u32(tlm.payload, parts[i].size());
  }
  return tlm;
}

// LBox of a jp2c box right before SOC.
void fix_box(bytes& out, std::size_t boxes) {
  if (boxes < 8 || load_u32(out.data() + boxes - 8) == 0) return;
  store_u32(out.data() + boxes - 8, out.size() - boxes + 8);
}

}  // namespace

model_segment* model::find(std::uint16_t code) {
  for (auto& segment : main)
    if (segment.code == code) return &segment;
  return nullptr;
}

std::optional<model> take_apart(byte_span data) {
  const std::uint8_t* end = data.data + data.size;
  const std::uint8_t* soc = std::search(data.data, end, soc_siz.begin(), soc_siz.end());
  if (soc == end) return std::nullopt;
  model m;
  m.boxes.assign(data.data, soc);
  auto at = static_cast<std::uint64_t>(soc - data.data) + 2;
  m.main = read_segments(data, at);
  if (m.main.empty()) return std::nullopt;
  while (const auto part = read_part(data, at)) m.parts.push_back(*part);
  return m;
}

bytes put_together(const model& m) {
  std::vector<bytes> parts;
  for (const auto& part : m.parts) parts.push_back(put_part(part));
  bytes out = m.boxes;
  append_u16(out, SOC);
  for (const auto& segment : m.main) put_segment(out, segment.code == TLM ? true_tlm(m, parts) : segment);
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  append_u16(out, EOC);
  fix_box(out, m.boxes.size());
  return out;
}

}  // namespace htj2k::fuzz
