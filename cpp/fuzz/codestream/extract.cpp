// extract_resolution: what comes out is a whole codestream with true lengths, and decodes to the pixels that
// its source has there.
#include "core/extract.hpp"

#include "core/completeness.hpp"
#include "core/parser.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

// The extract of an extract; nothing where fewer bytes allow too few packets, see limits.hpp.
std::optional<fuzz::bytes> extract_again(const fuzz::bytes& extracted, std::uint32_t reduce) {
  try {
    return extract_resolution(fuzz::span_of(extracted), reduce, fuzz::small_limits());
  } catch (const error& e) {
    fuzz::require(e.code() == error_code::limit, "an extract has an extract");
    return std::nullopt;
  }
}

void check(byte_span data, std::uint32_t reduce) {
  const auto extracted =
      fuzz::attempt([&] { return extract_resolution(data, reduce, fuzz::small_limits()); });
  if (!extracted) return;
  fuzz::require(extracted->size() <= data.size + 2, "an extract is no longer than its source");
  const auto is_whole = fuzz::attempt([&] { return check_complete(parse(fuzz::span_of(*extracted))), true; });
  fuzz::require(is_whole.has_value(), "an extract is a whole codestream");
  const auto again = extract_again(*extracted, reduce);
  if (!again) return;
  const auto expected = fuzz::attempt([&] { return fuzz::decode(data, reduce); });
  const auto found = fuzz::attempt([&] { return fuzz::decode(fuzz::span_of(*extracted), reduce); });
  fuzz::require(expected.has_value() == found.has_value(), "an extract decodes when its source does");
  if (expected) fuzz::require(*expected == *found, "an extract has its source's pixels");
  fuzz::require(*again == *extracted, "an extract is its own extract");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  for (const std::uint32_t reduce : fuzz::some_reductions(codestream)) check(codestream, reduce);
  return 0;
}
