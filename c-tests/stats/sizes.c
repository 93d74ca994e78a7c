/* uaio_stats serves a program that was compiled with a smaller or a larger structure, and refuses none at all. */
#include "../test.h"
#include <stddef.h>
#include <uaio.h>

int main(void) {
    struct {
        uaio_stats_t stats;
        char later[64];
    } newer;
    memset(&newer, 0xee, sizeof newer);
    newer.stats.size = sizeof newer;
    CHECK_OK(uaio_stats(&newer.stats));
    CHECK_EQ(newer.stats.size, sizeof(uaio_stats_t));
    for (size_t i = 0; i < sizeof newer.later; i++)
        CHECK_EQ(newer.later[i], (char)0xee);

    uaio_stats_t older;
    memset(&older, 0xee, sizeof older);
    older.size = offsetof(uaio_stats_t, refused);
    CHECK_OK(uaio_stats(&older));
    CHECK_EQ(older.size, offsetof(uaio_stats_t, refused));
    CHECK_EQ(older.cancelled, 0);
    for (size_t i = offsetof(uaio_stats_t, refused); i < sizeof older; i++)
        CHECK_EQ(((char *)&older)[i], (char)0xee);

    CHECK_ERR(uaio_stats(NULL), EINVAL);
    older.size = sizeof older.size - 1;
    CHECK_ERR(uaio_stats(&older), EINVAL);
    return 0;
}
