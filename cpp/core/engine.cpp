#include "core/engine.hpp"

#include <cstdlib>
#include <cstring>
#include <string>

#include "core/decodable.hpp"
#include "core/native/block_decoder.hpp"

namespace htj2k {
namespace {

decode_engine read_environment() {
  const char* name = std::getenv("HTJ2K_ENGINE");
  if (name == nullptr || *name == '\0') return decode_engine::automatic;
  try {
    return engine_of(name);
  } catch (const error& e) {
    throw error(e.code(), std::string("environment variable HTJ2K_ENGINE: ") + e.what());
  }
}

bool is_reversible(const codestream& cs) {
  bool reversible = cs.main.cod->style.reversible();
  for (const auto& [component, style] : cs.main.coc) reversible = reversible && style.reversible();
  for (const auto& [tile, own] : cs.tiles) {
    if (own.cod) reversible = reversible && own.cod->style.reversible();
    for (const auto& [component, style] : own.coc) reversible = reversible && style.reversible();
  }
  return reversible;
}

// Reversible data come out the same from both, and sooner from ours. Of irreversible data OpenJPH's pixels
// are the ones that users have seen so far.
decode_engine choose_automatically(const codestream& cs, std::uint32_t reduce) {
  if (is_reversible(cs) && can_decode(cs, reduce, decode_engine::native)) return decode_engine::native;
  if (can_decode(cs, reduce, decode_engine::openjph)) return decode_engine::openjph;
  // If neither can, what the native one lacks is what is wanting, unless it is not here at all.
  const auto last = native::has_block_decoders() ? decode_engine::native : decode_engine::openjph;
  check_decodable(cs, reduce, last);
  return last;
}

}  // namespace

decode_engine engine_of(const char* name) {
  if (std::strcmp(name, "openjph") == 0) return decode_engine::openjph;
  if (std::strcmp(name, "native") == 0) return decode_engine::native;
  throw error(error_code::invalid_argument,
              std::string("no engine '") + name + "'; there are: openjph, native");
}

decode_engine engine_of_environment() {
  static const decode_engine found = read_environment();
  return found;
}

decode_engine choose_engine(const codestream& cs, std::uint32_t reduce, decode_engine wish) {
  if (wish == decode_engine::automatic) wish = engine_of_environment();
  if (wish == decode_engine::automatic) return choose_automatically(cs, reduce);
  check_decodable(cs, reduce, wish);
  return wish;
}

decode_engine choose_damaged_engine(const codestream& cs, std::uint32_t reduce) {
  decode_engine wish = engine_of_environment();
  if (wish == decode_engine::automatic && can_decode(cs, reduce, decode_engine::native))
    wish = decode_engine::native;
  return choose_engine(cs, reduce, wish);
}

}  // namespace htj2k
