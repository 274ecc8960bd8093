#include "core/native/decode.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/aligned.hpp"
#include "core/error.hpp"
#include "core/native/lower_levels.hpp"
#include "core/native/pixel_grid.hpp"
#include "core/native/row_keeper.hpp"
#include "core/native/row_targets.hpp"
#include "core/native/tile_rows.hpp"
#include "core/strict.hpp"

namespace htj2k::native {
namespace {

// All that is decided before samples are.
struct image_plan {
  const codestream& cs;
  pixel_grid grid;
  std::vector<tile_plan> tiles;
};

image_plan plan_image(const open_codestream& opened, const decode_options& options) {
  const codestream& cs = opened.cs;
  image_plan plan{cs, pixel_grid(cs.siz, options.reduce, options.region), {}};
  plan.tiles.reserve(cs.siz.num_tiles());
  for (std::uint32_t t = 0; t < cs.siz.num_tiles(); ++t) {
    const auto tile = static_cast<std::uint16_t>(t);
    const auto found = opened.walk.tiles.find(tile);
    if (found == opened.walk.tiles.end())
      throw error(error_code::codestream, "tile " + std::to_string(t) + " is missing");
    plan.tiles.push_back(plan_tile(cs, tile, found->second, options.reduce, plan.grid.samples()));
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

// Rows of pixels, with lower resolutions to be written beside, or rows to be kept.
template <typename T>
class level_writers {
public:
  level_writers(const image_plan& plan, const level_target& highest,
                const std::vector<clamp_limits<T>>& limits, std::vector<lower_level>& lower,
                kept_resolution* keep)
      : highest_(plan.grid, row_writer<T>(highest.out, limits, highest.observer, highest.range)),
        lower_(plan.cs, highest.reduce, limits, lower),
        keepers_(keep) {}

  void begin_tiles() {
    lower_.begin_tiles();
    keepers_.begin_tiles();
  }
  void listen_to(const tile_plan& plan, tile_rows<T>& tile) {
    lower_.listen_to(plan, tile);
    keepers_.listen_to(plan, tile);
  }

  void set_line(std::uint32_t component, const T* line) { highest_.set_line(component, line); }
  void take_lines(const component_run& run, std::uint32_t line) { highest_.take_lines(run, line); }
  void finish_row(std::uint32_t y) { highest_.finish_row(y); }

private:
  pixel_rows<T> highest_;
  lower_levels<T> lower_;
  row_keepers<T> keepers_;
};

// Decodes rows of tiles from top to bottom. T as in tile_rows.
template <typename T, typename Writer>
class image_decoder {
public:
  image_decoder(const image_plan& plan, Writer& writer, unsigned threads)
      : plan_(plan),
        writer_(writer),
        threads_(threads),
        lines_done_(plan.grid.runs().size()),
        lines_end_(lines_done_.size()) {
    for (const rect& component : plan.grid.samples()) lines_.push_back(cleared_array<T>(component.width()));
    targets_.resize(lines_.size());
    for (std::uint32_t c = 0; c < lines_.size(); ++c) writer.set_line(c, lines_[c].get());
  }

  // Rows of pixels before `first_row` are decoded and not written. Returns how many are done before a value
  // did not fit T; nothing when all are.
  std::optional<std::uint32_t> decode(std::uint32_t first_row) {
    std::uint32_t y = 0;
    for (std::uint32_t q = 0; q < plan_.cs.siz.tiles_down; ++q) {
      y = decode_tile_row(q, y, first_row);
      if (overflow_ < 0) return y;
    }
    return std::nullopt;
  }

private:
  struct planned_tile {
    explicit planned_tile(const tile_plan& tile) : plan(&tile), rows(tile) {}
    const tile_plan* plan;
    tile_rows<T> rows;
  };

  std::uint32_t decode_tile_row(std::uint32_t q, std::uint32_t y, std::uint32_t first_row) {
    std::vector<planned_tile> tiles;
    for (std::uint32_t p = 0; p < plan_.cs.siz.tiles_across; ++p) {
      const tile_plan& tile = plan_.tiles[q * plan_.cs.siz.tiles_across + p];
      if (!tile.is_empty()) tiles.emplace_back(tile);
    }
    writer_.begin_tiles();
    for (planned_tile& tile : tiles) writer_.listen_to(*tile.plan, tile.rows);
    // After the tiles, whose memory its helpers write to, so that it ends before them.
    std::optional<block_queue> queue;
    if (threads_ > 1) {
      queue.emplace();
      for (planned_tile& tile : tiles) tile.rows.enqueue(*queue);
      queue->start(threads_ - 1);
    }
    for (std::size_t r = 0; r < lines_end_.size(); ++r)
      lines_end_[r] = plan_.grid.lines_to_end_of(q, plan_.grid.runs()[r].first);
    for (const std::uint32_t stop = plan_.grid.rows_to_end_of(q); y < stop; ++y) {
      take_lines_under(y, tiles);
      if (overflow_ < 0) return y;
      if (y >= first_row) writer_.finish_row(y);
    }
    // Of samples over the edge of a region or of tiles, pixels further down show the rest.
    for (std::size_t r = 0; r < lines_end_.size(); ++r) take_lines(r, lines_end_[r], tiles);
    return y;
  }

  void take_lines_under(std::uint32_t y, std::vector<planned_tile>& tiles) {
    for (std::size_t r = 0; r < lines_end_.size(); ++r) {
      const std::uint32_t stop = plan_.grid.line_under(plan_.grid.runs()[r].first, y) + 1;
      take_lines(r, std::min(stop, lines_end_[r]), tiles);
    }
  }

  // Until so many lines of the run are done.
  void take_lines(std::size_t r, std::uint32_t stop, std::vector<planned_tile>& tiles) {
    const component_run& run = plan_.grid.runs()[r];
    while (lines_done_[r] < stop) {
      for (planned_tile& tile : tiles)
        if (!tile.plan->components[run.first].is_empty())
          tile.rows.next(run, targets(run, *tile.plan), overflow_);
      if (overflow_ < 0) return;
      writer_.take_lines(run, lines_done_[r]++);
    }
  }

  T* const* targets(const component_run& run, const tile_plan& tile) {
    for (std::size_t c = run.first; c < run.stop; ++c)
      targets_[c] = lines_[c].get() + (tile.components[c].area().x0 - plan_.grid.samples()[c].x0);
    return targets_.data();
  }

  const image_plan& plan_;
  Writer& writer_;
  unsigned threads_;
  std::vector<aligned_array<T>> lines_;  // of each component, over all tiles
  std::vector<T*> targets_;
  // Of each run of components: how many lines are done, and how many there are down to the end of the tiles
  // in work.
  std::vector<std::uint32_t> lines_done_, lines_end_;
  T overflow_ = 0;
};

// Rows of an earlier decode may have needed more.
template <typename T>
bool kept_rows_fit(const image_plan& plan) {
  for (const tile_plan& tile : plan.tiles)
    for (const component_plan& component : tile.components)
      if (component.kept != nullptr && !component.kept->fit<T>()) return false;
  return true;
}

// Twice as many samples go through an instruction in 16 bits as in 32. Whether all values of a decode fit
// shows while it goes on; these are the images of which they mostly do: of unsigned ones that use their whole
// range, low passes exceed it by less than two bits.
bool may_fit_int16(const image_plan& plan) {
  if (!kept_rows_fit<std::int16_t>(plan)) return false;
  for (const tile_plan& tile : plan.tiles)
    for (const component_plan& component : tile.components)
      if (!component.reversible || component.bit_depth > (component.offset != 0 ? 14 : 16)) return false;
  return true;
}

// Subbands may have many more bit-planes than their samples have bits.
bool fits_32_bits(const image_plan& plan) {
  if (!kept_rows_fit<std::int32_t>(plan)) return false;
  for (const tile_plan& tile : plan.tiles)
    for (const component_plan& component : tile.components)
      if (component.most_bit_planes > most_planes_in_32_bits) return false;
  return true;
}

template <typename T, typename MakeWriter>
std::optional<std::uint32_t> decode_as(const image_plan& plan, unsigned threads, std::uint32_t first_row,
                                       MakeWriter make) {
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
  std::optional<std::uint32_t> rows = 0;
  if (may_be_16_bits && may_fit_int16(plan)) rows = decode_as<std::int16_t>(plan, threads, 0, make);
  if (rows) decode_as<std::int32_t>(plan, threads, *rows, make);
}

void decode_image(const image_plan& plan, const decode_options& options, const level_target& highest,
                  std::vector<lower_level>& lower, kept_resolution* keep) {
  const sample_type decoded = layout_at(plan.cs, options.reduce).type;
  decode_rows(plan, options.threads, sample_size(highest.out.type) <= 2, [&](auto sample) {
    using T = decltype(sample);
    std::vector<clamp_limits<T>> limits;
    for (const component_size& size : plan.cs.siz.components)
      limits.push_back(limits_of<T>(size, options.clamp, decoded));
    return level_writers<T>(plan, highest, limits, lower, keep);
  });
}

// All that a decode at this resolution may keep.
kept_resolution empty_rows(const image_plan& plan) {
  kept_resolution kept;
  for (const tile_plan& tile : plan.tiles) {
    auto& components = kept.tiles.emplace_back();
    for (const component_plan& component : tile.components)
      components.emplace_back(component.resolution, component.area());
  }
  return kept;
}

// Rows of another image would be those of other memory.
bool fit(const std::vector<kept_rows>& kept, const tile_plan& tile) {
  return std::equal(kept.begin(), kept.end(), tile.components.begin(), tile.components.end(),
                    [](const kept_rows& rows, const component_plan& component) {
                      return rows.resolution() <= component.resolution &&
                             rows.area() == component.windows[rows.resolution()].wanted;
                    });
}

void use_kept(const kept_resolution& kept, image_plan& plan) {
  if (!std::equal(kept.tiles.begin(), kept.tiles.end(), plan.tiles.begin(), plan.tiles.end(), fit)) return;
  for (std::size_t t = 0; t < plan.tiles.size(); ++t)
    for (std::size_t c = 0; c < plan.tiles[t].components.size(); ++c)
      plan.tiles[t].components[c].kept = &kept.tiles[t][c];
}

}  // namespace

void decode(const open_codestream& opened, const decode_options& options, const image_view& out,
            row_observer* observer) {
  level_target target;
  target.reduce = options.reduce;
  target.out = out;
  target.observer = observer;
  native::decode_levels(opened, options, {target});
}

void decode_levels(const open_codestream& opened, decode_options options,
                   const std::vector<level_target>& targets) {
  options.reduce = targets.back().reduce;
  std::vector<lower_level> lower;
  for (std::size_t i = 0; i + 1 < targets.size(); ++i) lower.push_back({targets[i]});
  decode_image(plan_image(opened, options), options, targets.back(), lower, nullptr);
}

void decode_onward(const open_codestream& opened, const decode_options& options, const image_view& out,
                   kept_resolution& kept) {
  image_plan plan = plan_image(opened, options);
  use_kept(kept, plan);
  kept_resolution own = options.reduce == 0 ? kept_resolution{} : empty_rows(plan);
  level_target target;
  target.reduce = options.reduce;
  target.out = out;
  std::vector<lower_level> no_lower;
  decode_image(plan, options, target, no_lower, options.reduce == 0 ? nullptr : &own);
  kept = std::move(own);
}

void decode_components(const open_codestream& opened, const decode_options& options,
                       const std::vector<image_view>& out) {
  const bool may_be_16_bits =
      std::all_of(out.begin(), out.end(), [](const image_view& v) { return sample_size(v.type) <= 2; });
  const image_plan plan = plan_image(opened, options);
  decode_rows(plan, options.threads, may_be_16_bits, [&](auto sample) {
    using T = decltype(sample);
    std::vector<row_writer<T>> writers;
    for (const component_size& size : opened.cs.siz.components) {
      const auto decoded = decoded_type(size.bit_depth, size.is_signed);
      writers.emplace_back(out[writers.size()], std::vector{limits_of<T>(size, options.clamp, decoded)},
                           nullptr);
    }
    return component_rows<T>(std::move(writers));
  });
}

}  // namespace htj2k::native
