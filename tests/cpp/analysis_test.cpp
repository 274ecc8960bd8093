// The streaming forward transform, with every implementation's kernels, against whole images transformed as
// T.800 Annex F.4 writes it.
#include "core/encoder/analysis.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "check.hpp"
#include "core/geometry.hpp"
#include "filtered.hpp"
#include "kernels/implementation.hpp"
#include "rows.hpp"

namespace {

using namespace htj2k;
using namespace htj2k::test;

struct plane {
  rect area;
  wide samples;

  explicit plane(const rect& r) : area(r), samples(std::size_t{r.width()} * r.height()) {}
  std::int64_t& at(std::uint32_t x, std::uint32_t y) {
    return samples[std::size_t{y - area.y0} * area.width() + (x - area.x0)];
  }
};

void filter_columns(plane& p) {
  for (std::uint32_t x = p.area.x0; x < p.area.x1; ++x) {
    wide column;
    for (std::uint32_t y = p.area.y0; y < p.area.y1; ++y) column.push_back(p.at(x, y));
    column = filtered(column, p.area.y0);
    for (std::uint32_t y = p.area.y0; y < p.area.y1; ++y) p.at(x, y) = column[y - p.area.y0];
  }
}

void filter_rows(plane& p) {
  for (std::uint32_t y = p.area.y0; y < p.area.y1; ++y) {
    wide row;
    for (std::uint32_t x = p.area.x0; x < p.area.x1; ++x) row.push_back(p.at(x, y));
    row = filtered(row, p.area.x0);
    for (std::uint32_t x = p.area.x0; x < p.area.x1; ++x) p.at(x, y) = row[x - p.area.x0];
  }
}

// 2D_DEINTERLEAVE of F.4.5.
plane part_of(plane& p, const rect& area, orientation band) {
  const std::uint32_t right = static_cast<unsigned>(band) & 1U, below = static_cast<unsigned>(band) >> 1U;
  plane part(area);
  for (std::uint32_t y = area.y0; y < area.y1; ++y)
    for (std::uint32_t x = area.x0; x < area.x1; ++x) part.at(x, y) = p.at(2 * x + right, 2 * y + below);
  return part;
}

// LL, then HL, LH and HH from the lowest resolution up.
std::vector<plane> expected_bands(const plane& image, unsigned num_decompositions) {
  std::vector<plane> bands;
  plane low = image;
  for (unsigned level = 1; level <= num_decompositions; ++level) {
    if (!low.area.is_empty()) {
      filter_columns(low);
      filter_rows(low);
    }
    for (const orientation band : {orientation::hh, orientation::lh, orientation::hl})
      bands.push_back(part_of(low, subband_rect(image.area, band, level), band));
    low = part_of(low, subband_rect(image.area, orientation::ll, level), orientation::ll);
  }
  bands.push_back(low);
  return {bands.rbegin(), bands.rend()};
}

// A whole subband in memory.
template <typename T>
class band_in_memory final : public encoder::band_target<T> {
public:
  explicit band_in_memory(const plane& expected) : expected_(&expected), rows_(expected.samples.size()) {}

  T* next_row() override {
    CHECK(num_rows_ < num_expected());
    return rows_.data() + num_rows_ * expected_->area.width();
  }
  void row_is_written() override { ++num_rows_; }

  void check() const {
    CHECK(num_rows_ == num_expected());
    CHECK(wide(rows_.begin(), rows_.end()) == expected_->samples);
  }

private:
  std::size_t num_expected() const { return expected_->area.is_empty() ? 0 : expected_->area.height(); }

  const plane* expected_;
  std::vector<T> rows_;
  std::size_t num_rows_ = 0;
};

template <typename T>
void push_rows(encoder::analysis<T>& analysis, const plane& image) {
  const std::size_t width = image.area.width();
  for (std::size_t i = 0; i < image.samples.size(); i += width) {
    T* row = analysis.input();
    for (std::size_t x = 0; x < width; ++x) row[x] = static_cast<T>(image.samples[i + x]);
    analysis.push();
  }
  analysis.finish();
}

template <typename T>
void test(const kernels::implementation& kernels, const plane& image, unsigned num_decompositions) {
  const std::vector<plane> expected = expected_bands(image, num_decompositions);
  std::vector<band_in_memory<T>> bands(expected.begin(), expected.end());
  std::vector<encoder::band_target<T>*> targets;
  for (band_in_memory<T>& band : bands) targets.push_back(&band);
  encoder::analysis<T> analysis(kernels.lines<T>(), image.area, num_decompositions, targets);
  push_rows(analysis, image);
  for (const band_in_memory<T>& band : bands) band.check();
}

// As many bits as T can take.
template <typename T>
plane some_image(const rect& area, unsigned num_decompositions, random_engine& random) {
  const unsigned bits = encoder::most_analysis_bits_in_int16(false, num_decompositions) + 8 * sizeof(T) - 16;
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  const bool extremes = random() % 2 != 0;
  plane image(area);
  for (std::int64_t& sample : image.samples) {
    sample = static_cast<std::int64_t>(random() >> (64 - bits)) - half;
    if (extremes) sample = sample < 0 ? -half : half - 1;
  }
  return image;
}

struct tester {
  random_engine random{3};
  std::size_t count = 0;

  // Each with the next of the kernels.
  template <typename T>
  void run_type(const rect& area, unsigned num_decompositions) {
    const auto& all = kernels::available();
    test<T>(*all[count++ % all.size()], some_image<T>(area, num_decompositions, random), num_decompositions);
  }
  void run(const rect& area, unsigned num_decompositions) {
    run_type<std::int16_t>(area, num_decompositions);
    run_type<std::int32_t>(area, num_decompositions);
    run_type<std::int64_t>(area, num_decompositions);
  }
};

void test_small(tester& t) {
  constexpr std::uint32_t offsets = 6, sizes = 21;
  for (std::uint32_t i = 0; i < offsets * offsets * sizes * sizes; ++i) {
    const std::uint32_t x = i % offsets, y = i / offsets % offsets;
    const std::uint32_t width = i / (offsets * offsets) % sizes, height = i / (offsets * offsets * sizes);
    t.run({x, y, x + width, y + height}, static_cast<unsigned>(t.random() % 7));
  }
}

void test_large(tester& t) {
  for (std::size_t i = 0; i < kernels::available().size(); ++i) {
    t.run({0, 0, 512, 64}, 5);
    t.run({1, 3, 302, 104}, 6);
    t.run({1023, 511, 1100, 700}, 8);
  }
}

// What the last of the levels makes of an impulse at `place`, low and high pass interleaved, times 2^20.
wide response_to_impulse(std::size_t length, std::size_t place, unsigned levels) {
  wide line(length);
  line[place] = 1 << 20;
  for (unsigned level = 1; level < levels; ++level) {
    const wide all = filtered(line, 0);
    line.clear();
    for (std::size_t i = 0; i < all.size(); i += 2) line.push_back(all[i]);
  }
  return filtered(line, 0);
}

// By what each sample of a line goes into the high-pass sample that takes most of them, or into the sum of
// two neighbouring ones.
wide largest_weights(std::size_t length, unsigned levels, bool of_sums) {
  std::vector<wide> responses;
  for (std::size_t place = 0; place < length; ++place)
    responses.push_back(response_to_impulse(length, place, levels));
  const auto end = static_cast<std::int64_t>(responses[0].size());
  wide largest(length);
  std::int64_t largest_sum = 0;
  for (std::int64_t i = of_sums ? 0 : 1; i < end; i += 2) {
    wide weights;
    std::int64_t sum = 0;
    for (const wide& response : responses) {
      const auto at = [&](std::int64_t k) {
        return response[static_cast<std::size_t>(reflected(k, 0, end))];
      };
      weights.push_back(of_sums ? at(i - 1) + at(i + 1) : at(i));
      sum += std::abs(weights.back());
    }
    if (sum > largest_sum) largest = weights;
    largest_sum = std::max(largest_sum, sum);
  }
  return largest;
}

// The largest sum that 12 bits can make in six levels, as analysis.hpp counts them, and the smallest one.
void test_largest_sums() {
  constexpr unsigned levels = 6;
  const wide along_columns = largest_weights(109, levels, false),
             along_rows = largest_weights(127, levels, true);
  for (const bool is_negative : {false, true}) {
    plane image({0, 0, 127, 109});
    for (std::uint32_t y = 0; y < image.area.height(); ++y)
      for (std::uint32_t x = 0; x < image.area.width(); ++x)
        image.at(x, y) = ((along_columns[y] < 0) != (along_rows[x] < 0)) == is_negative ? 2047 : -2048;
    for (const kernels::implementation* kernels : kernels::available())
      test<std::int16_t>(*kernels, image, levels);
  }
}

void test_many_levels(tester& t) {
  for (const std::uint32_t at : {0U, 1U, 4095U, 4096U, 0xFFFFFFF0U})
    for (const unsigned num_decompositions : {7U, 12U, 31U, 32U}) {
      t.run({at, at, at + 1, at + 1}, num_decompositions);
      t.run({at, 5, at + 3, 14}, num_decompositions);
      t.run({2, at, 9, at + 5}, num_decompositions);
    }
}

}  // namespace

int main() {
  tester t;
  test_small(t);
  test_large(t);
  test_many_levels(t);
  test_largest_sums();
  return finish();
}
