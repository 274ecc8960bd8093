// The custom mutator of the targets that take codestreams: changes one thing in a codestream's model and puts
// it together again, so that most inputs reach packets and codeblocks.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <random>

#include "fuzz/model.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace htj2k::fuzz {
namespace {

class mutation {
public:
  mutation(model& m, unsigned seed) : model_(m), random_(seed) {}

  bool one_in(unsigned n) { return below(n) == 0; }

  void apply() {
    switch (below(8)) {
      case 0:
      case 1:
        return change_field(pick(model_.main));
      case 2:
        return change_bytes(pick(model_.main).payload, 32);
      case 3:
        return change_levels();
      case 4:
        return change_segments();
      default:
        return change_parts();
    }
  }

private:
  std::size_t below(std::size_t n) { return random_() % n; }

  template <typename List>
  typename List::value_type& pick(List& list) {
    return list[below(list.size())];
  }

  void change_bytes(bytes& data, std::size_t growth) {
    const std::size_t size = data.size();
    data.resize(size + growth);
    data.resize(LLVMFuzzerMutate(data.data(), size, data.size()));
  }

  // A field of 1, 2 or 4 bytes becomes small, extreme, a power of two, a neighbour, or what another one is.
  void change_field(model_segment& segment) {
    const std::size_t size = std::size_t{1} << below(3);
    bytes& payload = segment.payload;
    if (payload.size() < size) return change_bytes(payload, 4);
    std::uint8_t* field = payload.data() + below(payload.size() - size + 1);
    if (segment.code == SIZ && size == 4) field = payload.data() + 2 + 4 * below(8);
    if (field + size > payload.data() + payload.size()) return;
    std::uint32_t value = 0;
    for (std::size_t b = 0; b < size; ++b) value = value << 8 | field[b];
    value = new_value(value, payload);
    for (std::size_t b = size; b-- > 0; value >>= 8) field[b] = static_cast<std::uint8_t>(value);
  }

  std::uint32_t new_value(std::uint32_t old, const bytes& payload) {
    switch (below(6)) {
      case 0:
        return static_cast<std::uint32_t>(below(20));
      case 1:
        return old + static_cast<std::uint32_t>(below(7)) - 3;
      case 2:
        return std::uint32_t{1} << below(32);
      case 3:
        return static_cast<std::uint32_t>(0 - below(3));
      case 4:
        return static_cast<std::uint32_t>(below(200));
      default:
        return payload.size() < 4 ? old : load_u32(payload.data() + below(payload.size() - 3));
    }
  }

  void change_levels() {
    model_segment* cod = model_.find(COD);
    if (cod != nullptr && cod->payload.size() > 5)
      cod->payload[5] = static_cast<std::uint8_t>(below(one_in(4) ? 33 : 6));
  }

  void change_segments() {
    auto& list = model_.parts.empty() || one_in(2) ? model_.main : pick(model_.parts).header;
    switch (list.empty() ? 2 : below(4)) {
      case 0:
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(below(list.size())));
        break;
      case 1:
        std::swap(pick(list), pick(list));
        break;
      default:
        insert_segment(list);
    }
    if (model_.main.empty()) model_.main.push_back({SIZ, {}});
  }

  void insert_segment(std::vector<model_segment>& list) {
    static constexpr std::uint16_t codes[] = {COC, QCC, COD, QCD, RGN, POC, TLM, PLT, PLM, PPM,
                                              PPT, COM, CRG, NLT, DFS, ATK, CAP, PRF, CPF, 0xFF6F};
    model_segment segment{codes[below(std::size(codes))], {}};
    if (const model_segment* same = model_.find(segment.code)) segment = *same;
    if (segment.payload.empty()) segment.payload.assign(below(12), static_cast<std::uint8_t>(below(4)));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(below(list.size() + 1)), segment);
  }

  void change_parts() {
    auto& parts = model_.parts;
    if (parts.empty()) parts.emplace_back();
    const std::size_t i = below(parts.size());
    const auto chosen = parts.begin() + static_cast<std::ptrdiff_t>(i);
    switch (below(12)) {
      case 0:
        if (parts.size() < 64) parts.insert(chosen, model_part(*chosen));
        break;
      case 1:
        parts.erase(chosen);
        break;
      case 2:
        std::swap(*chosen, pick(parts));
        break;
      case 3:
        chosen->tile = static_cast<std::uint16_t>(below(6));
        break;
      case 4:
        chosen->num_parts = static_cast<std::uint8_t>(below(8));
        break;
      case 5:
        split(i);
        break;
      default:
        change_bytes(chosen->body, 64);
    }
  }

  // Into two tile-parts; those after it count on.
  void split(std::size_t i) {
    auto& parts = model_.parts;
    model_part second = parts[i];
    const auto cut = static_cast<std::ptrdiff_t>(below(second.body.size() + 1));
    parts[i].body.resize(static_cast<std::size_t>(cut));
    second.body.erase(second.body.begin(), second.body.begin() + cut);
    second.header.clear();
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, second);
    for (std::size_t k = i + 1; k < parts.size(); ++k)
      if (parts[k].tile == second.tile) ++parts[k].index;
    for (auto& part : parts)
      if (part.tile == second.tile && part.num_parts != 0) ++part.num_parts;
  }

  model& model_;
  std::minstd_rand random_;
};

}  // namespace

std::size_t mutate(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  auto found = take_apart({data, size});
  if (!found || seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  mutation change(*found, seed);
  do change.apply();
  while (change.one_in(3));
  if (!change.one_in(8)) repair(*found);
  const bytes result = put_together(*found);
  if (result.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, result.data(), result.size());
  return result.size();
}

}  // namespace htj2k::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return htj2k::fuzz::mutate(data, size, max_size, seed);
}
