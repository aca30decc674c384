# digitcam: `make help` lists the targets. Everything built goes to build/ but the program itself, ./digitcam.

VERSION := 0.1.0
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
PKG     ?= pkg-config
BUILD   := build
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
SAY     := @$(if $(filter 1,$(V)),:,echo " " compiling)
JOBS    ?= -j$(shell nproc 2>/dev/null || echo 1)
OPT     ?= -O2 -g
WERROR  ?=

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
ifneq ($(findstring clang,$(CC)),)
WARNINGS += -Wno-pass-failed # "omp simd" that clang does not follow at -O1 is no fault
endif
CPPFLAGS += -I. -D_GNU_SOURCE -DDIGITCAM_VERSION='"$(VERSION)"' -DDIGITCAM_SHARE='"$(PREFIX)/share/digitcam"'
CFLAGS   += -std=c11 $(OPT) $(WARNINGS) $(WERROR) -MMD -MP -fno-math-errno
LDFLAGS  += -pthread

# The rooms: their sources, and the libraries each stands on (pkg-config names).
CAPTURE_SRC := $(wildcard capture/*.c)
VISION_SRC  := $(wildcard vision/*.c)
NET_SRC     := $(wildcard net/*.c)
TRAIN_SRC   := $(wildcard net/train/*.c)
RENDER_SRC  := $(wildcard render/*.c)
COMMAND_SRC := digitcam.c $(wildcard render/commands/*.c)

CAPTURE_PKG := libv4l2 libturbojpeg spng libexif libavformat libavcodec libavutil libswscale
NET_PKG     := jansson nettle
TRAIN_PKG   := openblas zlib freetype2 fontconfig
RENDER_PKG  := sdl2 SDL2_ttf fontconfig jansson spng
TEST_PKG    := cmocka

# ---------------------------------------------------------------------------------------------------------------
# What has to be installed: purpose | how to see that it is there | Debian and Ubuntu package
define DEPS_RUN
the compiler and make|command -v $(CC)|build-essential
finding libraries|command -v $(PKG)|pkg-config
cameras|$(PKG) libv4l2|libv4l-dev
JPEG pictures and camera frames|$(PKG) libturbojpeg|libturbojpeg0-dev
PNG pictures|$(PKG) spng|libspng-dev
which way up a photograph is|$(PKG) libexif|libexif-dev
video files|$(PKG) libavformat|libavformat-dev
video files|$(PKG) libavcodec|libavcodec-dev
video files|$(PKG) libswscale|libswscale-dev
the window|$(PKG) sdl2|libsdl2-dev
text in the window|$(PKG) SDL2_ttf|libsdl2-ttf-dev
finding a font|$(PKG) fontconfig|libfontconfig-dev
a font|ls /usr/share/fonts/truetype/*/*.ttf|fonts-dejavu-core
letters to train against|$(PKG) freetype2|libfreetype-dev
JSON|$(PKG) jansson|libjansson-dev
checksums of weights files|$(PKG) nettle|nettle-dev
compressed training sets|$(PKG) zlib|zlib1g-dev
matrix products for training|$(PKG) openblas|libopenblas-serial-dev
a method to compare networks with|$(CC) -E -include libsvm/svm.h -xc /dev/null|libsvm-dev
$(if $(findstring clang,$(CC)),threads for training with clang|ls /usr/lib/llvm-*/lib/libomp.so|libomp-dev)
endef
define DEPS_TEST
unit tests|$(PKG) cmocka|libcmocka-dev
endef
define DEPS_SCRIPT
missing=""; list=""
while IFS='|' read -r purpose check package; do
    [ -n "$$package" ] || continue
    list="$$list$$(printf '  %-34s %s' "$$purpose" "$$package")\n"
    case "$$check" in
    "$(PKG) "*) sh -c "$(PKG) --exists $${check#* }" >/dev/null 2>&1 || missing="$$missing $$package" ;;
    *) sh -c "$$check" >/dev/null 2>&1 || missing="$$missing $$package" ;;
    esac
done <<EOF
$$DEPS
EOF
[ -n "$$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    printf 'digitcam: some packages are missing:%s\n' "$$missing"
    printf 'This is neither Debian nor Ubuntu. What digitcam needs, by purpose, with the names Debian gives it:\n'"$$list"
    echo 'Install what your system calls these, then run make again.'
    exit 1
fi
as=""; [ "$$(id -u)" -eq 0 ] || as="sudo"
echo "digitcam needs these packages:$$missing"
echo "installing them with: $${as:+$$as }apt-get install --no-install-recommends$$missing"
$$as apt-get update -qq || echo "digitcam: apt-get update failed; trying with the lists that are there"
$$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing || {
    echo "digitcam: installing failed; install the packages named above by hand, then run make again"; exit 1; }
endef
export DEPS_SCRIPT
export DEPS_RUN
export DEPS_TEST

# ---------------------------------------------------------------------------------------------------------------
object = $(patsubst %.c,$(BUILD)/%.o,$(1))
ROOMS  := capture vision net train render
archive = $(patsubst %,$(BUILD)/%.a,$(1))
# Which rooms a room may use, itself first, in link order: a test of a room links these and nothing else.
NEEDS_capture := capture
NEEDS_net     := net
NEEDS_vision  := vision net
NEEDS_train   := train vision net capture
NEEDS_render  := render vision net capture
pkgs = $(if $(filter capture,$(1)),$(CAPTURE_PKG)) $(if $(filter net,$(1)),$(NET_PKG)) \
       $(if $(filter train,$(1)),$(TRAIN_PKG)) $(if $(filter render,$(1)),$(RENDER_PKG))
libs = $(shell $(PKG) --libs $(call pkgs,$(1))) $(if $(filter train,$(1)),-lsvm) -lm

TEST_SRC  := $(wildcard tests/test_*.c)
TESTS     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))
TEST_HELP := $(wildcard tests/support/*.c) render/match.c

.PHONY: build run test test-camera check deps deps-test bench bench-peers train install uninstall dist clean help tests
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## install what is missing, build, and open the first camera (or the demo): make run ARGS="..."
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(JOBS) build
	./digitcam $(ARGS)

test: ## install what is missing, build, and run every test
	@$(MAKE) --no-print-directory deps deps-test
	@$(MAKE) --no-print-directory $(JOBS) build tests
	@$(MAKE) --no-print-directory check

test-camera: build ## try it on camera drivers: in a virtual machine, or make test-camera DEVICE=/dev/videoN
	@DEVICE="$(DEVICE)" CHECKS="$(CHECKS)" sh tests/camera/run.sh

check: build tests ## run every test, installing nothing
	@sh tests/run $(TESTS)

deps: ## install the libraries that are missing (apt-get), after saying so
	@DEPS="$$DEPS_RUN" sh -c "$$DEPS_SCRIPT"

deps-test:
	@DEPS="$$DEPS_TEST" sh -c "$$DEPS_SCRIPT"

build: digitcam ## build ./digitcam

tests: $(TESTS)

digitcam: $(call object,$(COMMAND_SRC)) $(call archive,render train vision net capture)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fopenmp -o $@ $^ $(call libs,$(ROOMS))

$(BUILD)/capture.a: $(call object,$(CAPTURE_SRC))
$(BUILD)/vision.a:  $(call object,$(VISION_SRC))
$(BUILD)/net.a:     $(call object,$(NET_SRC))
$(BUILD)/train.a:   $(call object,$(TRAIN_SRC))
$(BUILD)/render.a:  $(call object,$(RENDER_SRC))
$(BUILD)/%.a:
	@rm -f $@
	$(Q)ar rcs $@ $^

# Flags of single rooms and files.
$(call object,$(CAPTURE_SRC)): ROOM_CFLAGS = $(shell $(PKG) --cflags $(CAPTURE_PKG))
$(call object,capture/luma.c capture/colour.c capture/orient.c): ROOM_CFLAGS += -O3
$(call object,$(NET_SRC)):     ROOM_CFLAGS = $(shell $(PKG) --cflags $(NET_PKG))
$(call object,$(TRAIN_SRC)):   ROOM_CFLAGS = -O3 -ffp-contract=fast -fopenmp $(shell $(PKG) --cflags $(NET_PKG) $(TRAIN_PKG))
$(call object,$(RENDER_SRC)):  ROOM_CFLAGS = $(shell $(PKG) --cflags $(RENDER_PKG))
$(call object,$(COMMAND_SRC)): ROOM_CFLAGS = $(shell $(PKG) --cflags $(RENDER_PKG))
$(call object,$(VISION_SRC)):  ROOM_CFLAGS = -O3
$(call object,net/net.c net/net_int8.c net/rounding.c): ROOM_CFLAGS += -O3
# Elsewhere the file compiles to nothing, and the compiler would not know the flags.
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
$(BUILD)/net/kernels_avx2.o:   ROOM_CFLAGS += -mavx2 -mfma
$(BUILD)/net/int8_ssse3.o:     ROOM_CFLAGS += -mssse3
$(BUILD)/net/int8_avx2.o:      ROOM_CFLAGS += -mavx2
$(BUILD)/net/kernels_avx512.o $(BUILD)/net/kernels_avx512_half.o: ROOM_CFLAGS += -mavx512f -mavx512vl -mfma
$(BUILD)/net/int8_avx512vnni.o $(BUILD)/net/int8_avx512vnni_half.o: \
    ROOM_CFLAGS += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mprefer-vector-width=512
endif
ifneq ($(filter aarch64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
$(BUILD)/net/int8_dotprod.o:   ROOM_CFLAGS += -march=armv8.2-a+dotprod
endif

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(SAY) $<
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(ROOM_CFLAGS) -c -o $@ $<

# tests/test_ROOM_THING.c links the archives ROOM may use. tests/test_cli_THING.c runs ./digitcam itself.
define TEST_RULE
$(BUILD)/tests/test_$(1)_%: $(BUILD)/tests/test_$(1)_%.o $(call object,$(TEST_HELP)) $(call archive,$(NEEDS_$(1)))
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $(if $(filter train,$(1)),-fopenmp) -o $$@ $$^ $$(call libs,$(NEEDS_$(1))) $$(shell $$(PKG) --libs $$(TEST_PKG))
endef
$(foreach room,$(ROOMS),$(eval $(call TEST_RULE,$(room))))
$(BUILD)/tests/test_cli_%: $(BUILD)/tests/test_cli_%.o $(call object,$(TEST_HELP)) $(call archive,capture) | digitcam
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs,capture) $(shell $(PKG) --libs $(TEST_PKG) jansson)
# Programs for tests/camera/run.sh (make test-camera), which needs V4L2 drivers and is no part of `make test`.
$(BUILD)/tests/camera/usb_camera: $(call object,tests/camera/rig/usb_camera.c tests/camera/rig/uvc.c)
$(BUILD)/tests/camera/loop_writer: $(call object,tests/camera/rig/loop_writer.c)
$(BUILD)/tests/camera/usb_camera $(BUILD)/tests/camera/loop_writer:
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BUILD)/tests/camera/%: $(BUILD)/tests/camera/%.o $(call archive,capture)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs,capture)
# Programs that measure; `make bench` runs them.
$(BUILD)/tests/bench/scenes: $(call object,tests/bench/scenes.c tests/bench/clip.c render/match.c) $(call archive,vision net capture)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs,vision net capture)
$(BUILD)/tests/bench/strings: $(call object,tests/bench/strings.c) $(call archive,train vision net capture)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fopenmp -o $@ $^ $(call libs,train vision net capture)
# What bench-peers compares with is built in where it is installed, and asked for nowhere.
PEERS := $(if $(findstring bench/peers,$(MAKECMDGOALS)),\
    $(shell $(CC) -E -dM -include oneapi/dnnl/dnnl.h -xc /dev/null 2>/dev/null | grep -q 'DNNL_VERSION_MAJOR 2' && echo ONEDNN) \
    $(shell $(PKG) --exists opencv4 && echo OPENCV))
PEERS_OBJECTS := $(call object,tests/bench/peers.c tests/bench/peers_vision.c) \
    $(if $(filter ONEDNN,$(PEERS)),$(BUILD)/tests/bench/peers_onednn.o) \
    $(if $(filter OPENCV,$(PEERS)),$(BUILD)/tests/bench/peers_opencv.o)
PEERS_LIBS := $(if $(filter ONEDNN,$(PEERS)),-ldnnl) \
    $(if $(filter OPENCV,$(PEERS)),-lopencv_dnn -lopencv_imgproc -lopencv_core -lstdc++)
$(BUILD)/tests/bench/peers: $(PEERS_OBJECTS) $(call archive,vision net capture)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fopenmp -o $@ $^ $(PEERS_LIBS) $(call libs,vision net capture)
$(BUILD)/tests/bench/peers_opencv.o: tests/bench/peers_opencv.cpp Makefile
	@mkdir -p $(@D)
	$(SAY) $<
	$(Q)$(CXX) $(CPPFLAGS) -std=c++11 -O2 -Wall -Wextra -MMD -MP $(shell $(PKG) --cflags opencv4) -c -o $@ $<
$(BUILD)/tests/bench/peers_onednn.o: CFLAGS += -fopenmp
$(PEERS_OBJECTS): CPPFLAGS += $(addprefix -DPEERS_,$(PEERS))
$(BUILD)/tests/%.o: ROOM_CFLAGS = -Itests/support $(shell $(PKG) --cflags $(TEST_PKG) $(CAPTURE_PKG) $(NET_PKG) $(RENDER_PKG))
.PRECIOUS: $(BUILD)/tests/%.o $(BUILD)/%.o

bench: ## how well and how fast it reads: the demo's scenes, whose digits are known
	@$(MAKE) --no-print-directory build $(BUILD)/tests/bench/scenes $(BUILD)/tests/bench/strings
	$(BUILD)/tests/bench/scenes
	$(BUILD)/tests/bench/strings $(DATA)

bench-peers: ## how fast it is beside oneDNN and OpenCV, where those are installed
	@$(MAKE) --no-print-directory build
	@rm -f $(BUILD)/tests/bench/peers* # what is installed may have changed
	@$(MAKE) --no-print-directory $(BUILD)/tests/bench/peers
	OMP_NUM_THREADS=1 $(BUILD)/tests/bench/peers

train: ## train the networks by the recipe in weights/README.md: make train DATA=FOLDER (IDX files)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory build
	@test -n "$(DATA)" || { echo 'make train: say where the IDX files are: make train DATA=FOLDER'; exit 2; }
	sh weights/train.sh $(DATA)

install: build ## install to $(PREFIX) (DESTDIR is respected)
	install -Dm755 digitcam $(DESTDIR)$(PREFIX)/bin/digitcam
	install -d $(DESTDIR)$(PREFIX)/share/digitcam/weights
	install -m644 weights/*.safetensors $(DESTDIR)$(PREFIX)/share/digitcam/weights

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/digitcam
	rm -rf $(DESTDIR)$(PREFIX)/share/digitcam

dist: ## a source archive of the last commit in dist/
	@mkdir -p dist
	git archive --prefix=digitcam-$(VERSION)/ -o dist/digitcam-$(VERSION).tar.gz HEAD
	@echo dist/digitcam-$(VERSION).tar.gz

clean: ## remove everything that was built
	rm -rf $(BUILD) digitcam dist

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
