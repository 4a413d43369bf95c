/* SPDX-License-Identifier: Apache-2.0
 *
 * The detectors there are, from list.def. */
#include "core/detector.h"

#define DETECTOR(name) extern const struct detector detector_##name;
#include "correlate/list.def"
#undef DETECTOR

const struct detector *const detectors[] = {
#define DETECTOR(name) &detector_##name,
#include "correlate/list.def"
#undef DETECTOR
};

const size_t detector_count = array_len(detectors);
