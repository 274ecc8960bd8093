// What the row kernels cost on every SIMD path of this machine, in ns a sample, and CRC-32 in GB/s. Medians;
// the rows stay in the first-level cache, as they do inside the codec.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "kernels/implementation.hpp"

namespace {

using namespace htj2k::kernels;

constexpr std::size_t width = 1024;
constexpr std::size_t most_components = 5;

// Seconds for one call of `f`. The paths are measured in turn, so that all meet the same noise of the
// machine.
std::vector<double> medians(const std::vector<std::function<void()>>& calls) {
  using clock = std::chrono::steady_clock;
  constexpr int rounds = 101, repeats = 40;
  std::vector<std::vector<double>> times(calls.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto start = clock::now();
      for (int k = 0; k < repeats; ++k) calls[i]();
      times[i].push_back(std::chrono::duration<double>(clock::now() - start).count() / repeats);
    }
  }
  std::vector<double> found;
  for (auto& t : times) {
    std::nth_element(t.begin(), t.begin() + rounds / 2, t.end());
    found.push_back(t[rounds / 2]);
  }
  return found;
}

using make_call = std::function<std::function<void()>(const implementation&)>;

void report(const std::string& name, double samples, const make_call& make) {
  std::vector<std::function<void()>> calls;
  for (const implementation* candidate : available()) calls.push_back(make(*candidate));
  std::printf("%-28s", name.c_str());
  for (const double seconds : medians(calls)) std::printf("%10.3f", 1e9 * seconds / samples);
  std::printf("\n");
}

template <typename T>
struct rows {
  std::vector<T> memory[most_components];
  T* at[most_components];
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(most_components * width * 4);
  std::vector<T> scratch = std::vector<T>(width + 4);

  rows() {
    for (std::size_t c = 0; c < most_components; ++c) {
      memory[c].resize(width);
      for (std::size_t i = 0; i < width; ++i) memory[c][i] = static_cast<T>((i * 37 + c * 11) % 256);
      at[c] = memory[c].data();
    }
  }
};

template <typename T>
void report_transforms(const std::string& type) {
  rows<T> r;
  T** at = r.at;
  report("predict " + type, width, [&](const implementation& k) {
    return [&, f = k.lines<T>().predict] { f(at[0], at[1], at[2], at[3], width); };
  });
  report("update " + type, width, [&](const implementation& k) {
    return [&, f = k.lines<T>().update] { f(at[0], at[1], at[2], at[3], width); };
  });
  report("lift " + type, width, [&](const implementation& k) {
    return [&, f = k.lines<T>().lift] { f(at[0], at[1], at[2], at[3], width); };
  });
  report("horizontal_low " + type, width, [&](const implementation& k) {
    return [&, f = k.lines<T>().horizontal_low] { f(at[0], width, r.scratch.data(), at[3]); };
  });
  report("inverse_rct " + type, 3 * width, [&](const implementation& k) {
    return [&, f = k.lines<T>().inverse_rct] { f(at[0], at[1], at[2], width); };
  });
  report("extend_range " + type, width, [&](const implementation& k) {
    return [&, f = k.lines<T>().extend_range] {
      T low = 0, high = 0;
      f(at[4], width, low, high);
    };
  });
}

template <typename T>
void report_samples(const std::string& type, std::size_t log2, std::size_t components) {
  rows<T> r;
  const std::string what = std::to_string(components) + " x u" + std::to_string(1 << log2) + ", " + type;
  const double samples = static_cast<double>(components * width);
  report("unpack " + what, samples, [&](const implementation& k) {
    return [&, f = k.lines<T>().unpack[0][log2]] { f(r.bytes.data(), components, width, r.at); };
  });
  report("pack " + what, samples, [&](const implementation& k) {
    return [&, f = k.lines<T>().pack[log2]] { f(r.at, components, width, 0, 255, r.bytes.data()); };
  });
}

// Of rows that are the whole image's, and of those of small frames.
template <typename T>
void report_synthesis(const std::string& type) {
  rows<T> r;
  T** at = r.at;
  T overflow = 0;
  std::vector<T> joined(width), scratch(2 * width);
  for (const std::size_t n : {width, width / 8, width / 64}) {
    const std::string what = type + ", " + std::to_string(n);
    const auto samples = static_cast<double>(n);
    report("unlift " + what, samples, [&](const implementation& k) {
      return [&, n, f = k.synthesis<T>().unlift[0]] { f(at[0], at[1], at[2], n, at[3], overflow); };
    });
    report("join " + what, samples, [&](const implementation& k) {
      return [&, n, f = k.synthesis<T>().join] {
        f(at[0], at[1], n, false, scratch.data(), joined.data(), overflow);
      };
    });
  }
}

template <typename T>
void report_all(const std::string& type, std::size_t most_log2) {
  report_transforms<T>(type);
  report_synthesis<T>(type);
  for (std::size_t log2 = 0; log2 <= most_log2; ++log2)
    for (std::size_t components = 1; components <= most_components; ++components)
      report_samples<T>(type, log2, components);
}

void report_crc(std::size_t size) {
  const std::vector<std::uint8_t> bytes(size, 0x5A);
  report("crc32 of " + std::to_string(size) + ", ns a byte", static_cast<double>(size),
         [&](const implementation& k) { return [&, f = k.crc32] { f(0, bytes.data(), size); }; });
}

}  // namespace

int main() {
  std::printf("%-28s", "ns a sample");
  for (const implementation* candidate : available()) std::printf("%10s", candidate->name);
  std::printf("\n");
  report_all<std::int16_t>("int16", 1);
  report_all<std::int32_t>("int32", 1);
  report_all<std::int64_t>("int64", 2);
  report_synthesis<float>("float");
  for (const unsigned size : {15u, 31u, 64u, 150u, 512u, 2400u, 4096u, 65536u}) report_crc(size);
}
