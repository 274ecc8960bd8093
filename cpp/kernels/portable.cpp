// The kernels for any CPU: what the compiler makes of plain loops with its default flags.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"
#include "kernels/encode_cleanup.hpp"
#include "kernels/implementations.hpp"
#include "kernels/words.hpp"

namespace htj2k::kernels::portable {
namespace {

std::uint32_t crc32_table(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  return ~crc32_register(~crc, data, size);
}

// The compiler's own code for plain loops has no shuffles to offer: nothing is done ahead of them.
template <std::size_t Components, typename Raw>
constexpr std::size_t interleave(const Raw*, std::size_t, std::size_t, std::uint8_t*) {
  return 0;
}
template <std::size_t Components, typename Raw>
constexpr std::size_t deinterleave(const std::uint8_t*, std::size_t, Raw*, std::size_t) {
  return 0;
}

#include "kernels/cleanup_quads.inl"
#include "kernels/cleanup_writers.inl"
#include "kernels/encode_cleanup.inl"
#include "kernels/lifting.inl"
#include "kernels/lines.inl"
#include "kernels/synthesis.inl"

}  // namespace
}  // namespace htj2k::kernels::portable

namespace htj2k::kernels {
constexpr implementation portable_implementation{"portable",
                                                 &portable::crc32_table,
                                                 portable::make_line_kernels<std::int16_t>(),
                                                 portable::make_line_kernels<std::int32_t>(),
                                                 portable::make_line_kernels<std::int64_t>(),
                                                 portable::make_synthesis_kernels<std::int16_t>(),
                                                 portable::make_synthesis_kernels<std::int32_t>(),
                                                 portable::make_synthesis_kernels<std::int64_t>(),
                                                 portable::make_synthesis_kernels<float>(),
                                                 portable::make_irreversible_kernels(),
                                                 &portable::encode_cleanup<std::int16_t>,
                                                 &portable::encode_cleanup<std::int32_t>};
}
