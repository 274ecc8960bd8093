#include "core/codestream_checksums.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "core/error.hpp"

namespace htj2k {
namespace {

// Whether the levels below a decoded resolution are low passes of its rows.
bool are_low_passes(const codestream& cs) {
  const image_size& siz = cs.siz;
  if (siz.num_tiles() != 1 || siz.x0 != 0 || siz.y0 != 0) return false;
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const coding_style& style = style_of(cs, static_cast<std::uint16_t>(c));
    if (!style.reversible() || style.num_decompositions != cs.main.cod->style.num_decompositions)
      return false;
    if (cs.main.coc.empty()) break;  // all the same
  }
  return true;
}

template <typename T>
class checksum_observer final : public row_observer {
public:
  checksum_observer(const codestream& cs, const image_layout& layout, clamp_policy clamp,
                    std::uint32_t num_lower)
      : width_(layout.width),
        kernels_(kernels::active()),
        lines_(kernels_.lines<T>()),
        load_(lines_.load[!holds_bit_patterns(layout, cs)][log2_size(sample_type::i4)]),
        limits_(limits_of(cs, layout, clamp)),
        levels_(kernels_, layout, num_lower, cs.main.cod->color_transform == 1, limits_) {}

  void take(const std::vector<const std::int32_t*>& lines, const std::uint8_t* packed) override {
    if (!is_exact_) return;
    for (std::size_t c = 0; c < lines.size(); ++c) {
      T* row = levels_.rows()[c];
      load_(reinterpret_cast<const std::uint8_t*>(lines[c]), sizeof *lines[c], width_, false, row);
      include_range(row, limits_[c]);
    }
    if (is_exact_) levels_.push(packed);
  }

  bool is_exact() const { return is_exact_; }

  void finish(codestream_checksums& result) {
    auto found = levels_.finish();
    result.resolutions.insert(result.resolutions.end(), found.begin(), found.end());
    result.min = min_;
    result.max = max_;
  }

private:
  // 5/3 low passes of any depth stay below 3 times the range, their differences below 6, those of chroma
  // below 12 times (the gains of the 5/3 analysis filters are less than 1.72 and 2 a dimension). Lines of up
  // to 16 bits keep within this range unless the codestream was made to overflow.
  static constexpr T safe_magnitude = sizeof(T) == 8 ? std::numeric_limits<T>::max() : T{1} << 24;

  static bool holds_bit_patterns(const image_layout& layout, const codestream& cs) {
    return layout.type == sample_type::u4 && cs.siz.components.front().bit_depth == 32;
  }

  static std::vector<clamp_limits<T>> limits_of(const codestream& cs, const image_layout& layout,
                                                clamp_policy clamp) {
    std::vector<clamp_limits<T>> limits;
    for (const component_size& component : cs.siz.components)
      limits.emplace_back(clamp_range(clamp, component.bit_depth, layout.type));
    return limits;
  }

  void include_range(const T* row, const clamp_limits<T>& limits) {
    T low = row[0], high = row[0];
    lines_.extend_range(row, width_, low, high);
    if (low < -safe_magnitude || high > safe_magnitude) is_exact_ = false;
    min_ = std::min(min_, std::clamp(low, limits.low, limits.high));
    max_ = std::max(max_, std::clamp(high, limits.low, limits.high));
  }

  std::size_t width_;
  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  void (*load_)(const std::uint8_t*, std::ptrdiff_t, std::size_t, bool, T*);
  std::vector<clamp_limits<T>> limits_;
  pyramid<T> levels_;
  T min_ = std::numeric_limits<T>::max();
  T max_ = std::numeric_limits<T>::min();
  bool is_exact_ = true;
};

image_layout layout_of(const image_view& view) {
  return {view.type, view.width, view.height, view.components};
}

// Appends the resolutions to `result`, base first. False when T does not hold this codestream's rows.
template <typename T>
bool decode_once(const open_codestream& opened, const decode_options& options, std::uint32_t num_lower,
                 const image_view& out, codestream_checksums& result) {
  checksum_observer<T> observer(opened.cs, layout_of(out), options.clamp, num_lower);
  auto messages = decode_strict(opened, options, out, &observer);
  if (!observer.is_exact()) return false;
  observer.finish(result);
  std::move(messages.begin(), messages.end(), std::back_inserter(result.messages));
  return true;
}

void decode_resolution(const open_codestream& opened, const decode_options& options, std::uint32_t num_lower,
                       const image_view& out, codestream_checksums& result) {
  if (sample_size(out.type) <= 2 && decode_once<std::int32_t>(opened, options, num_lower, out, result))
    return;
  decode_once<std::int64_t>(opened, options, num_lower, out, result);
}

}  // namespace

codestream_checksums checksum_codestream(const open_codestream& opened, const decode_options& options,
                                         std::uint32_t num_lower, bool decode_each_level,
                                         const image_view& out) {
  codestream_checksums result;
  if (!decode_each_level && are_low_passes(opened.cs)) {
    decode_resolution(opened, options, num_lower, out, result);
    return result;
  }
  for (std::uint32_t lower = num_lower; lower != 0; --lower) {
    decode_options at = options;
    at.reduce += lower;
    decode_resolution(opened, at, 0, view_without_memory(layout_at(opened.cs, at.reduce)), result);
  }
  decode_resolution(opened, options, 0, out, result);
  return result;
}

image_view view_without_memory(const image_layout& layout) {
  image_view view;
  view.type = layout.type;
  view.width = layout.width;
  view.height = layout.height;
  view.components = layout.components;
  return view;
}

}  // namespace htj2k
