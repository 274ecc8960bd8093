#include "core/native/decode.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/native/tile_rows.hpp"
#include "core/row_writer.hpp"
#include "core/strict.hpp"

namespace htj2k::native {
namespace {

// All that is decided before samples are.
struct image_plan {
  const codestream& cs;
  std::vector<tile_plan> tiles;
  std::vector<rect> components;  // what is wanted of each, on its own grid
};

// Where the component lies at this resolution, or the part of it that is asked for.
rect wanted_of(const codestream& cs, std::uint32_t component, const decode_options& options) {
  const rect all = component_rect(cs.siz, component, options.reduce);
  if (!options.region) return all;
  const rect& part = *options.region;
  return {all.x0 + part.x0, all.y0 + part.y0, all.x0 + part.x1, all.y0 + part.y1};
}

image_plan plan_image(const open_codestream& opened, const decode_options& options) {
  const codestream& cs = opened.cs;
  image_plan plan{cs, {}, {}};
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c)
    plan.components.push_back(wanted_of(cs, c, options));
  plan.tiles.reserve(cs.siz.num_tiles());
  for (std::uint32_t t = 0; t < cs.siz.num_tiles(); ++t) {
    const auto tile = static_cast<std::uint16_t>(t);
    const auto found = opened.walk.tiles.find(tile);
    if (found == opened.walk.tiles.end())
      throw error(error_code::codestream, "tile " + std::to_string(t) + " is missing");
    plan.tiles.push_back(plan_tile(cs, tile, found->second, options.reduce, plan.components));
  }
  return plan;
}

// Samples of 32 bits are kept modulo 2^32: OpenJPH codes unsigned ones from their bit patterns, so half of
// them are 2^32 too small.
template <typename T>
clamp_limits<T> limits_of(const component_size& size, clamp_policy policy, sample_type decoded) {
  if (size.bit_depth == 32) return clamp_limits<T>();
  return clamp_limits<T>(clamp_range(policy, size.bit_depth, decoded));
}

// As row_writer, but each component has memory of its own.
template <typename T>
class component_writers {
public:
  component_writers(const image_size& siz, clamp_policy policy, const std::vector<image_view>& out) {
    for (const component_size& size : siz.components) {
      const auto decoded = decoded_type(size.bit_depth, size.is_signed);
      writers_.emplace_back(out[writers_.size()], std::vector{limits_of<T>(size, policy, decoded)}, nullptr);
    }
  }
  void set_line(std::uint32_t component, const T* line) { writers_[component].set_line(0, line); }
  void finish_row(std::uint32_t y) {
    for (row_writer<T>& writer : writers_) writer.finish_row(y);
  }

private:
  std::vector<row_writer<T>> writers_;
};

// Decodes rows of tiles from top to bottom. T as in tile_rows.
template <typename T, typename Writer>
class image_decoder {
public:
  image_decoder(const image_plan& plan, Writer& writer, unsigned threads)
      : plan_(plan), writer_(writer), threads_(threads) {
    for (const rect& component : plan.components) lines_.emplace_back(component.width());
    targets_.resize(lines_.size());
    for (std::uint32_t c = 0; c < lines_.size(); ++c) writer.set_line(c, lines_[c].data());
  }

  // Rows before `first_row` are decoded and not written. Returns how many rows are done: all of them, or
  // those before a value did not fit T.
  std::uint32_t decode(std::uint32_t first_row) {
    const image_size& siz = plan_.cs.siz;
    std::uint32_t y = 0;
    for (std::uint32_t q = 0; q < siz.tiles_down && overflow_ >= 0; ++q)
      y += decode_tile_row(q * siz.tiles_across, y, first_row);
    return y;
  }

private:
  std::uint32_t decode_tile_row(std::uint32_t first_tile, std::uint32_t y, std::uint32_t first_row) {
    std::vector<const tile_plan*> plans;
    std::vector<tile_rows<T>> tiles;
    for (std::uint32_t p = 0; p < plan_.cs.siz.tiles_across; ++p) {
      const tile_plan& tile = plan_.tiles[first_tile + p];
      if (tile.area().is_empty()) continue;
      plans.push_back(&tile);
      tiles.emplace_back(tile);
    }
    // After the tiles, whose memory its helpers write to, so that it ends before them.
    std::optional<block_queue> queue;
    if (threads_ > 1) {
      queue.emplace();
      for (tile_rows<T>& tile : tiles) tile.enqueue(*queue);
      queue->start(threads_ - 1);
    }
    const std::uint32_t height = plans.empty() ? 0 : plans.front()->area().height();
    for (std::uint32_t done = 0; done < height; ++done) {
      for (std::size_t i = 0; i < tiles.size(); ++i) tiles[i].next(targets(*plans[i]), overflow_);
      if (overflow_ < 0) return done;
      if (y + done >= first_row) writer_.finish_row(y + done);
    }
    return height;
  }

  T* const* targets(const tile_plan& tile) {
    for (std::size_t c = 0; c < lines_.size(); ++c)
      targets_[c] = lines_[c].data() + (tile.components[c].area().x0 - plan_.components[c].x0);
    return targets_.data();
  }

  const image_plan& plan_;
  Writer& writer_;
  unsigned threads_;
  std::vector<std::vector<T>> lines_;  // of each component, over all tiles
  std::vector<T*> targets_;
  T overflow_ = 0;
};

// Twice as many samples go through an instruction in 16 bits as in 32. Whether all values of a decode fit
// shows while it goes on; these are the images of which they mostly do: of unsigned ones that use their whole
// range, low passes exceed it by less than two bits.
bool may_fit_int16(const image_plan& plan) {
  for (const tile_plan& tile : plan.tiles)
    for (const component_plan& component : tile.components)
      if (!component.reversible || component.bit_depth > (component.offset != 0 ? 14 : 16)) return false;
  return true;
}

// Subbands may have many more bit-planes than their samples have bits.
bool fits_32_bits(const image_plan& plan) {
  for (const tile_plan& tile : plan.tiles)
    for (const component_plan& component : tile.components)
      if (component.most_bit_planes() > most_planes_in_32_bits) return false;
  return true;
}

template <typename T, typename MakeWriter>
std::uint32_t decode_as(const image_plan& plan, unsigned threads, std::uint32_t first_row, MakeWriter make) {
  auto writer = make(T{});
  return image_decoder<T, decltype(writer)>(plan, writer, threads).decode(first_row);
}

// make(T{}) gives what takes rows of T.
template <typename MakeWriter>
void decode_rows(const image_plan& plan, unsigned threads, bool may_be_16_bits, MakeWriter make) {
  if (!fits_32_bits(plan)) {
    decode_as<std::int64_t>(plan, threads, 0, make);
    return;
  }
  std::uint32_t rows = 0;
  if (may_be_16_bits && may_fit_int16(plan)) rows = decode_as<std::int16_t>(plan, threads, 0, make);
  if (rows != plan.components.front().height()) decode_as<std::int32_t>(plan, threads, rows, make);
}

}  // namespace

void decode(const open_codestream& opened, const decode_options& options, const image_view& out,
            row_observer* observer) {
  const image_plan plan = plan_image(opened, options);
  const image_size& siz = opened.cs.siz;
  const sample_type decoded = layout_at(opened.cs, options.reduce).type;
  decode_rows(plan, options.threads, sample_size(out.type) <= 2, [&](auto sample) {
    using T = decltype(sample);
    std::vector<clamp_limits<T>> limits;
    for (const component_size& size : siz.components)
      limits.push_back(limits_of<T>(size, options.clamp, decoded));
    return row_writer<T>(out, limits, observer);
  });
}

void decode_components(const open_codestream& opened, const decode_options& options,
                       const std::vector<image_view>& out) {
  const bool may_be_16_bits =
      std::all_of(out.begin(), out.end(), [](const image_view& v) { return sample_size(v.type) <= 2; });
  decode_rows(plan_image(opened, options), options.threads, may_be_16_bits, [&](auto sample) {
    return component_writers<decltype(sample)>(opened.cs.siz, options.clamp, out);
  });
}

}  // namespace htj2k::native
