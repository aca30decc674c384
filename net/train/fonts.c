#include "net/train/fonts.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include FT_FREETYPE_H

#define MOST_FONTS 200
#define MOST_PX    400 /* of a glyph, on the plane */

struct font {
    char *path;
    FT_Face face; /* opened when first used; NULL before, or when it cannot be */
    bool tried;
};

struct fonts {
    FT_Library library;
    struct font sorts[2][MOST_FONTS]; /* [1]: handwriting */
    int counts[2];
};

static bool imitates_handwriting(const char *family)
{
    static const char *const words[] = {"hand",    "script",   "breip",  "dkg",     "humor",   "kristi",
                                        "femke",   "delphine", "steve",  "ecolier", "comic",   "because we",
                                        "klee",    "brush",    "pen",    "marker",  "casual",  "chalk",
                                        "pencil",  "school",   "caveat", "kalam",   "patrick", "purisa",
                                        "manners", "tomson",   "yusei",  "seto",    "kiloji"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(family, words[i]))
            return true;
    return false;
}

struct found {
    const char *path, *family;
};

static int compare_found(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static bool add(struct fonts *fonts, const struct found *found)
{
    const int sort = imitates_handwriting(found->family);
    if (fonts->counts[sort] == MOST_FONTS)
        return true;
    struct font *font = &fonts->sorts[sort][fonts->counts[sort]];
    font->path = strdup(found->path);
    fonts->counts[sort] += font->path != NULL;
    return font->path != NULL;
}

static int collect(struct fonts *fonts, const FcFontSet *set)
{
    struct found *list = calloc((size_t)set->nfont + 1, sizeof *list);
    int count = 0;
    if (!list)
        return -ENOMEM;
    for (int i = 0; i < set->nfont; i++) {
        FcChar8 *path, *family;
        int index = 0;
        if (FcPatternGetString(set->fonts[i], FC_FILE, 0, &path) == FcResultMatch &&
            FcPatternGetString(set->fonts[i], FC_FAMILY, 0, &family) == FcResultMatch &&
            (FcPatternGetInteger(set->fonts[i], FC_INDEX, 0, &index) != FcResultMatch || index == 0))
            list[count++] = (struct found){(const char *)path, (const char *)family};
    }
    qsort(list, (size_t)count, sizeof *list, compare_found);
    bool good = true;
    for (int i = 0; i < count && good; i++)
        if (i == 0 || strcmp(list[i].path, list[i - 1].path) != 0)
            good = add(fonts, &list[i]);
    free(list);
    return good ? 0 : -ENOMEM;
}

int fonts_create(struct fonts **fonts)
{
    struct fonts *made = calloc(1, sizeof *made);
    if (!made || FT_Init_FreeType(&made->library)) {
        free(made);
        return -ENOMEM;
    }
    int error = 0;
    FcConfig *config = FcInitLoadConfigAndFonts();
    FcPattern *pattern = FcPatternCreate();
    FcObjectSet *objects = FcObjectSetBuild(FC_FILE, FC_FAMILY, FC_INDEX, (char *)NULL);
    if (config && pattern && objects) {
        FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
        FcPatternAddString(pattern, FC_LANG, (const FcChar8 *)"en");
        FcFontSet *set = FcFontList(config, pattern, objects);
        error = set ? collect(made, set) : 0;
        if (set)
            FcFontSetDestroy(set);
    }
    if (objects)
        FcObjectSetDestroy(objects);
    if (pattern)
        FcPatternDestroy(pattern);
    if (config)
        FcConfigDestroy(config);
    if (error) {
        fonts_destroy(made);
        return error;
    }
    *fonts = made;
    return 0;
}

void fonts_destroy(struct fonts *fonts)
{
    if (!fonts)
        return;
    for (int sort = 0; sort < 2; sort++)
        for (int i = 0; i < fonts->counts[sort]; i++) {
            if (fonts->sorts[sort][i].face)
                FT_Done_Face(fonts->sorts[sort][i].face);
            free(fonts->sorts[sort][i].path);
        }
    FT_Done_FreeType(fonts->library);
    free(fonts);
}

int fonts_count(const struct fonts *fonts, bool handwriting)
{
    return fonts->counts[handwriting];
}

static FT_Face open_face(struct fonts *fonts, bool handwriting, int index)
{
    struct font *font = &fonts->sorts[handwriting][index];
    if (!font->tried && FT_New_Face(fonts->library, font->path, 0, &font->face))
        font->face = NULL;
    font->tried = true;
    return font->face;
}

static void blend(const FT_Bitmap *bitmap, int left, int top, struct pen_plane *plane, struct pen_box *ink)
{
    int x0 = plane->width_px, y0 = plane->height_px, x1 = -1, y1 = -1;
    for (int row = 0; row < (int)bitmap->rows; row++)
        for (int column = 0; column < (int)bitmap->width; column++) {
            const int x = left + column, y = top + row;
            if (x < 0 || y < 0 || x >= plane->width_px || y >= plane->height_px)
                continue;
            const uint8_t cover = bitmap->buffer[row * bitmap->pitch + column];
            uint8_t *pixel = plane->pixels + (size_t)y * plane->stride_bytes + x;
            *pixel = cover > *pixel ? cover : *pixel;
            if (cover >= PEN_INK_COVER) {
                x0 = x < x0 ? x : x0, x1 = x > x1 ? x : x1;
                y0 = y < y0 ? y : y0, y1 = y > y1 ? y : y1;
            }
        }
    if (x1 >= 0)
        *ink = (struct pen_box){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

void fonts_draw(struct fonts *fonts, bool handwriting, int index, const struct font_style *style,
                char character, float x, float baseline, struct pen_plane *plane, struct pen_box *ink,
                float *advance_px)
{
    *ink = (struct pen_box){0, 0, 0, 0};
    *advance_px = style->size_px * 0.6f;
    FT_Face face = open_face(fonts, handwriting, index);
    if (!face || style->size_px < 4 || style->size_px > MOST_PX ||
        FT_Get_Char_Index(face, (FT_ULong)character) == 0)
        return;
    if (FT_Set_Char_Size(face, 0, (FT_F26Dot6)(style->size_px * 64), 72, 72))
        return;
    const float c = cosf(style->turn), s = sinf(style->turn);
    FT_Matrix matrix = {(FT_Fixed)(c * 65536), (FT_Fixed)((c * style->slant - s) * 65536),
                        (FT_Fixed)(s * 65536), (FT_Fixed)((s * style->slant + c) * 65536)};
    FT_Vector shift = {(FT_Pos)((x - floorf(x)) * 64), 0};
    FT_Set_Transform(face, &matrix, &shift);
    if (FT_Load_Char(face, (FT_ULong)character, FT_LOAD_RENDER | FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) ||
        face->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_GRAY)
        return;
    *advance_px = (float)face->glyph->linearHoriAdvance / 65536;
    blend(&face->glyph->bitmap, (int)floorf(x) + face->glyph->bitmap_left,
          (int)floorf(baseline) - face->glyph->bitmap_top, plane, ink);
}
