// Strict decoding at any reduction: no fault, every sample written, and nothing left of the image before.
#include "fuzz/support.hpp"

using namespace htj2k;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  for (const std::uint32_t reduce : fuzz::some_reductions(codestream)) {
    const auto first = fuzz::attempt([&] { return fuzz::decode(codestream, reduce, 0x00); });
    if (!first) continue;
    fuzz::disturb_decoder();
    const auto second = fuzz::attempt([&] { return fuzz::decode(codestream, reduce, 0xFF); });
    fuzz::require(second.has_value(), "what decodes once decodes again");
    fuzz::require(*first == *second, "pixels depend on the codestream alone");
  }
  return 0;
}
