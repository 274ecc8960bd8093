#include "core/codestream_checksums.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <limits>

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/limits.hpp"

namespace htj2k {
namespace {

// Whether the levels below a decoded resolution are low passes of its rows.
bool are_low_passes(const codestream& cs) {
  const image_size& siz = cs.siz;
  if (siz.num_tiles() != 1 || siz.x0 != 0 || siz.y0 != 0 || !has_equal_components(siz)) return false;
  if (!cs.main.nlt.empty()) return false;  // of what it makes samples of
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const coding_style& style = style_of(cs, static_cast<std::uint16_t>(c));
    if (!style.reversible() || style.num_decompositions != cs.main.cod->style.num_decompositions)
      return false;
    if (cs.main.coc.empty()) break;  // all the same
  }
  return true;
}

// Of one resolution, without a look at the samples.
class lone_checksum final : public row_observer {
public:
  explicit lone_checksum(const image_view& out)
      : rows_(kernels::active(), std::size_t{out.width} * out.components * sample_size(out.type),
              out.height) {}
  bool wants_lines() const override { return false; }
  std::uint8_t* next_row() override { return rows_.next_row(); }
  void take(const std::vector<const std::int32_t*>&, const std::uint8_t* packed) override {
    rows_.add(packed);
  }
  std::uint32_t finish() { return rows_.finish(); }

private:
  row_checksum rows_;
};

template <typename T>
class checksum_observer final : public row_observer {
public:
  checksum_observer(const codestream& cs, const image_layout& layout, clamp_policy clamp,
                    std::uint32_t num_lower)
      : components_(cs.siz.components),
        width_(layout.width),
        kernels_(kernels::active()),
        lines_(kernels_.lines<T>()),
        limits_(limits_of(cs, layout, clamp)),
        safe_(safe_ranges(cs)),
        levels_(kernels_, layout, num_lower, cs.main.cod->color_transform == 1, limits_) {}

  std::uint8_t* next_row() override { return levels_.next_packed_row(); }
  void take(const std::vector<const std::int32_t*>& lines, const std::uint8_t* packed) override {
    if (!is_exact_) return;
    for (std::size_t c = 0; c < lines.size(); ++c) take_line(c, lines[c], levels_.rows()[c]);
    if (is_exact_) levels_.push(packed);
  }

  bool is_exact() const { return is_exact_; }

  void finish(codestream_checksums& result) {
    auto found = levels_.finish();
    result.resolutions.insert(result.resolutions.end(), found.begin(), found.end());
    result.range = range_;
  }

private:
  // What samples must keep within for T to hold their low passes. int16_t holds those of samples that are
  // what their bit depth says. For int32_t: 5/3 low passes of any depth stay below 3 times the range, sums of
  // their differences below 10, those of chroma below 20 times (see most_bits_in_int16). Lines of up to 16
  // bits keep within this range unless the codestream was made to overflow.
  static value_range safe_range(const component_size& component) {
    if (sizeof(T) == 2) return sample_range(component.bit_depth, component.is_signed);
    const std::int64_t magnitude = sizeof(T) == 4 ? std::int64_t{1} << 24 : std::numeric_limits<T>::max();
    return {-magnitude, magnitude};
  }

  static std::vector<value_range> safe_ranges(const codestream& cs) {
    std::vector<value_range> ranges;
    for (const component_size& component : cs.siz.components) ranges.push_back(safe_range(component));
    return ranges;
  }

  static std::vector<clamp_limits<T>> limits_of(const codestream& cs, const image_layout& layout,
                                                clamp_policy clamp) {
    std::vector<clamp_limits<T>> limits;
    for (const component_size& component : cs.siz.components)
      limits.emplace_back(clamp_range(clamp, component.bit_depth, layout.type));
    return limits;
  }

  void take_line(std::size_t c, const std::int32_t* line, T* row) {
    const value_range found = copy_line(c, line, row);
    if (!safe_[c].contains(found)) is_exact_ = false;
    const std::int64_t low = limits_[c].low, high = limits_[c].high;
    range_.low = std::min(range_.low, std::clamp(found.low, low, high));
    range_.high = std::max(range_.high, std::clamp(found.high, low, high));
  }

  // Returns the line's range, before any clamping.
  value_range copy_line(std::size_t c, const std::int32_t* line, T* row) const {
    if (components_[c].bit_depth == 32 && !components_[c].is_signed) {  // bit patterns
      const auto load_u4 = lines_.load[0][log2_size(sample_type::u4)];
      load_u4(reinterpret_cast<const std::uint8_t*>(line), sizeof *line, width_, false, row);
      T low = row[0], high = row[0];
      lines_.extend_range(row, width_, low, high);
      return {low, high};
    }
    std::int32_t low = line[0], high = line[0];
    lines_.copy_extending_range(line, width_, row, low, high);
    return {low, high};
  }

  const std::vector<component_size>& components_;
  std::size_t width_;
  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  std::vector<clamp_limits<T>> limits_;
  std::vector<value_range> safe_;
  pyramid<T> levels_;
  value_range range_{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  bool is_exact_ = true;
};

void keep_messages(std::vector<message> messages, codestream_checksums& result) {
  std::move(messages.begin(), messages.end(), std::back_inserter(result.messages));
}

// Appends the resolutions to `result`, base first. False when T does not hold this codestream's rows.
template <typename T>
bool decode_once(const open_codestream& opened, const decode_options& options, std::uint32_t num_lower,
                 const image_view& out, codestream_checksums& result) {
  checksum_observer<T> observer(opened.cs, layout_of(out), options.clamp, num_lower);
  auto messages = decode_strict(opened, options, out, &observer);
  if (!observer.is_exact()) return false;
  observer.finish(result);
  keep_messages(std::move(messages), result);
  return true;
}

// Reduced decodes are low passes themselves and may leave the range of their bit depth.
bool may_fit_int16(const codestream& cs, const decode_options& options) {
  return options.reduce == 0 &&
         max_bit_depth(cs.siz) <= most_bits_in_int16(cs.main.cod->color_transform == 1);
}

void decode_with_lower(const open_codestream& opened, const decode_options& options, std::uint32_t num_lower,
                       const image_view& out, codestream_checksums& result) {
  if (may_fit_int16(opened.cs, options) && decode_once<std::int16_t>(opened, options, num_lower, out, result))
    return;
  if (sample_size(out.type) <= 2 && decode_once<std::int32_t>(opened, options, num_lower, out, result))
    return;
  decode_once<std::int64_t>(opened, options, num_lower, out, result);
}

void decode_alone(const open_codestream& opened, const decode_options& options, const image_view& out,
                  codestream_checksums& result) {
  lone_checksum observer(out);
  keep_messages(decode_strict(opened, options, out, &observer), result);
  result.resolutions.push_back({out.width, out.height, observer.finish()});
}

// Depths that have no reduced decode go through the low pass.
bool can_decode_levels(const codestream& cs) { return max_bit_depth(cs.siz) <= max_reduced_depth; }

void decode_all(const open_codestream& opened, const decode_options& options, const checksum_request& request,
                const image_view& out, codestream_checksums& result) {
  value_range range{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  std::deque<lone_checksum> observers;
  std::vector<level_target> targets;
  for (std::uint32_t lower = request.num_lower + 1; lower-- != 0;) {
    level_target& target = targets.emplace_back();
    target.reduce = options.reduce + lower;
    target.out = lower == 0 ? out : view_without_memory(layout_at(opened.cs, target.reduce));
    target.observer = &observers.emplace_back(target.out);
  }
  if (request.wants_range) targets.back().range = &range;
  decode_levels(opened, options, targets);
  for (std::size_t i = 0; i < targets.size(); ++i)
    result.resolutions.push_back({targets[i].out.width, targets[i].out.height, observers[i].finish()});
  if (request.wants_range) result.range = range;
}

}  // namespace

codestream_checksums checksum_codestream(const open_codestream& opened, const decode_options& options,
                                         const checksum_request& request, const image_view& out) {
  codestream_checksums result;
  std::uint32_t lower = request.num_lower;
  if (!request.decode_each_level && gives_all_levels(opened) && can_decode_levels(opened.cs)) {
    decode_all(opened, options, request, out, result);
    return result;
  }
  if (request.decode_each_level || !are_low_passes(opened.cs)) {
    check_decodes(opened.cs, lower + 1);
    for (; lower != 0; --lower) {
      decode_options at = options;
      at.reduce += lower;
      decode_alone(opened, at, view_without_memory(layout_at(opened.cs, at.reduce)), result);
    }
  }
  if (lower == 0 && !request.wants_range)
    decode_alone(opened, options, out, result);
  else
    decode_with_lower(opened, options, lower, out, result);
  return result;
}

}  // namespace htj2k
