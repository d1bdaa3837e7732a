"""Enrolling: real photos through the real models, each accepted or refused with its reason."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from enrolment.enrolling import Examiner, Photo
from enrolment.faces import find_faces
from enrolment.gallery import Gallery
from enrolment.judging import Examination
from enrolment.people import Person, Template
from enrolment.photos import read_photo
from enrolment.places import SqliteFile
from enrolment.refusals import Refusal, Remark
from enrolment.register import Register
from models.embedder import Embedder
from models.face_detector import DetectedFaces, FaceDetector
from tests.enrolment.registers import with_keys

OBAMA, OBAMA_2, BIDEN = "barack-obama.jpg", "barack-obama-2.jpg", "joe-biden.jpg"
MIRANDA, LACAMOIRE, TWO_PEOPLE = "lin-manuel-miranda.png", "alex-lacamoire.png", "two-people.jpg"


class OnALine:
    """A face detector whose landmarks lie on a line: real ones hardly ever do."""

    def detect(self, image_bgr: np.ndarray, min_score: float) -> DetectedFaces:  # noqa: ARG002 - the protocol
        """Find one impossible face."""
        side = image_bgr.shape[0]
        points = np.stack([np.linspace(0.3, 0.7, 5), np.full(5, 0.5)], axis=1) * side
        box = np.array([[0.3, 0.3, 0.7, 0.7]], np.float32) * side
        return DetectedFaces(box, np.array([0.9], np.float32), points[None].astype(np.float32))


def photo_of(picture: Image.Image, name: str = "photo") -> Photo:
    """Make a photo from a picture in memory."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=95)
    return Photo(name, buffer.getvalue())


def face_crop(path: Path, detector: FaceDetector, side_px: int) -> Image.Image:
    """Cut a photo to its face box, nothing around it."""
    pixels = read_photo(path)
    left, top, right, bottom = find_faces(pixels, detector, 0.7)[0].box_xyxy_px.astype(int)
    crop = pixels[max(0, top) : bottom, max(0, left) : right, ::-1]
    return Image.fromarray(np.ascontiguousarray(crop)).resize((side_px, side_px))


def reasons(examination: Examination) -> list[Refusal | None]:
    """List what became of each photo, in order."""
    return [result.refusal for result in examination.results]


def files(folder: Path, *names: str) -> list[Photo]:
    """Name photos of the test data."""
    return [Photo.of_file(folder / name) for name in names]


class TestFindingFaces:
    """Tight, large, small and turned: the face is found."""

    @pytest.mark.parametrize("name", [OBAMA, OBAMA_2, BIDEN, MIRANDA, LACAMOIRE])
    def test_portraits_are_accepted(
        self, name: str, examiner: Examiner, nobody: Gallery, portraits: Path, embedder: Embedder
    ) -> None:
        """A portrait gives one unit template, bound to its embedder."""
        (template,) = examiner.examine(files(portraits, name), nobody).templates

        assert template.embedding.shape == (embedder.dim,)
        assert np.linalg.norm(template.embedding) == pytest.approx(1, abs=1e-3)
        assert template.embedding_id == embedder.embedding_id
        assert 0 < template.quality <= 1

    @pytest.mark.parametrize("name", [OBAMA, BIDEN, MIRANDA, LACAMOIRE])
    def test_tight_crops_are_the_same_face(
        self,
        name: str,
        examiner: Examiner,
        nobody: Gallery,
        portraits: Path,
        face_detector: FaceDetector,
    ) -> None:
        """A 150 px crop with nothing around the face is found, and agrees with the photo."""
        tight = photo_of(face_crop(portraits / name, face_detector, 150))

        examination = examiner.examine([tight, *files(portraits, name)], nobody)

        assert reasons(examination) == [None, None]

    def test_a_large_portrait_is_the_same_face(
        self, examiner: Examiner, nobody: Gallery, portraits: Path, face_detector: FaceDetector
    ) -> None:
        """A face of 3,000 px that fills the whole picture is found like a small one."""
        large = photo_of(face_crop(portraits / MIRANDA, face_detector, 3000))

        examination = examiner.examine([large, *files(portraits, MIRANDA)], nobody)

        assert reasons(examination) == [None, None]

    def test_a_small_face_in_a_large_picture_is_found(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """A person far back in the picture is found, and judged by the size of the face."""
        scene = Image.new("RGB", (2000, 2000), (90, 100, 110))
        scene.paste(Image.open(portraits / MIRANDA).convert("RGB").resize((88, 76)), (900, 900))

        assert reasons(examiner.examine([photo_of(scene)], nobody)) == [Refusal.TOO_SMALL]

    def test_a_phone_held_upright_is_the_same_face(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """A photo that EXIF says to turn is turned before the search."""
        exif = Image.Exif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        sideways = Image.open(portraits / BIDEN).transpose(Image.Transpose.ROTATE_90)
        sideways.save(buffer, "JPEG", exif=exif)

        examination = examiner.examine(
            [Photo("turned", buffer.getvalue()), *files(portraits, BIDEN)], nobody
        )

        assert reasons(examination) == [None, None]


class TestOnePhoto:
    """Why a single photo is refused."""

    def test_two_people_are_refused(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """Nobody can say which of two faces is meant."""
        (result,) = examiner.examine(files(portraits, TWO_PEOPLE), nobody).results

        assert (result.refusal, result.detail) == (Refusal.SEVERAL_FACES, "2 faces")

    def test_a_bystander_far_behind_does_not_count(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """A second face of less than 0.4 of the height is background."""
        scene = Image.open(portraits / MIRANDA).convert("RGB")
        scene.paste(Image.open(portraits / BIDEN).resize((97, 220)), (0, 0))

        assert reasons(examiner.examine([photo_of(scene)], nobody)) == [None]

    def test_a_wall_has_no_face(self, examiner: Examiner, nobody: Gallery) -> None:
        """Where there is no face, that is the reason."""
        wall = photo_of(Image.new("RGB", (400, 300), (120, 130, 140)))

        assert reasons(examiner.examine([wall], nobody)) == [Refusal.NO_FACE]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda p: p.filter(ImageFilter.GaussianBlur(14)), Refusal.BLURRED),
            (lambda p: ImageEnhance.Brightness(p).enhance(0.25), Refusal.DARK),
            (lambda p: p.point(lambda grey: min(255, grey * 3)), Refusal.OVEREXPOSED),
            (lambda p: p.resize((p.width // 6, p.height // 6)), Refusal.TOO_SMALL),
        ],
    )
    def test_a_poor_photo_is_refused_with_its_reason(
        self, change, reason: Refusal, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """The same portrait, spoilt in one way, is refused for this and given a hint."""
        portrait = Image.open(portraits / MIRANDA).convert("RGB")

        (result,) = examiner.examine([photo_of(change(portrait))], nobody).results

        assert result.refusal is reason
        assert result.hint

    def test_a_head_turned_away_is_refused(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """Of two half-turned heads the gate refuses the one beyond its limit."""
        strict = Examiner(
            examiner._face_detector,
            examiner._embedder,
            gate=type(examiner._gate)(max_yaw=0.3),
        )

        examination = strict.examine(files(portraits, OBAMA_2, OBAMA), nobody)

        assert reasons(examination) == [Refusal.TURNED_AWAY, None]

    def test_landmarks_that_are_no_face_are_refused(
        self, embedder: Embedder, nobody: Gallery
    ) -> None:
        """Five points on a line are refused, not warped into something."""
        wall = photo_of(Image.new("RGB", (160, 160), (120, 130, 140)))

        examination = Examiner(OnALine(), embedder).examine([wall], nobody)

        assert reasons(examination) == [Refusal.DEGENERATE_LANDMARKS]

    def test_a_corrupt_photo_is_named_and_the_others_go_on(
        self, examiner: Examiner, nobody: Gallery, portraits: Path, tmp_path: Path
    ) -> None:
        """One bad file costs only itself."""
        cut_short = tmp_path / "cut-short.jpg"
        cut_short.write_bytes((portraits / OBAMA).read_bytes()[:50_000])
        text = tmp_path / "notes.jpg"
        text.write_text("not a picture")
        photos = [Photo.of_file(cut_short), Photo.of_file(text), *files(portraits, OBAMA)]

        examination = examiner.examine(photos, nobody)

        assert reasons(examination) == [Refusal.UNREADABLE, Refusal.NOT_A_PHOTO, None]
        assert [r.name for r in examination.results[:2]] == [str(cut_short), str(text)]
        assert len(examination.templates) == 1


class TestPhotosTogether:
    """What only several photos, or the register, can show."""

    def test_two_photos_of_one_person_agree(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """Both are enrolled, the better one first."""
        templates = examiner.examine(files(portraits, OBAMA_2, OBAMA), nobody).templates

        assert len(templates) == 2
        assert templates[0].quality > templates[1].quality

    def test_the_odd_photo_is_refused(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """A photo that disagrees with most of the others is somebody else's."""
        examination = examiner.examine(files(portraits, OBAMA, BIDEN, OBAMA_2), nobody)

        assert reasons(examination) == [None, Refusal.NOT_SAME_PERSON, None]

    def test_two_photos_that_disagree_are_both_refused(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """Nobody can say which one is wrong, so neither enters."""
        examination = examiner.examine(files(portraits, OBAMA, BIDEN), nobody)

        assert reasons(examination) == [Refusal.NOT_SAME_PERSON] * 2

    def test_somebody_enrolled_is_not_enrolled_again(
        self, examiner: Examiner, nobody: Gallery, portraits: Path, tmp_path: Path
    ) -> None:
        """One face under two ids is refused as a whole and says under which id it is known."""
        known = examiner.examine(files(portraits, OBAMA), nobody).templates
        with Register.open(with_keys(SqliteFile(tmp_path / "register.db"), tmp_path)) as register:
            register.add_person(Person("obama", "B. Obama", frozenset()), known)
            gallery = register.snapshot(known[0].embedding_id).gallery

        with Image.open(portraits / OBAMA) as picture:
            smaller = photo_of(picture.convert("RGB").reduce(2))
        examination = examiner.examine([smaller], gallery)

        assert reasons(examination) == [Refusal.ALREADY_ENROLLED_AS]
        assert examination.results[0].other == "obama"
        assert examination.templates == ()

    def test_somebody_alike_is_told(
        self, examiner: Examiner, embedder: Embedder, nobody: Gallery, portraits: Path
    ) -> None:
        """Where it may be the same person, a human looks: the photo is accepted with a remark."""
        own, other = (
            examiner.examine(files(portraits, name), nobody).templates[0].embedding
            for name in (OBAMA, BIDEN)
        )
        across = other - (other @ own) * own
        wanted = (embedder.thresholds.accept + embedder.thresholds.duplicate) / 2
        row = wanted * own + np.sqrt(1 - wanted**2) * across / np.linalg.norm(across)
        gallery = Gallery.build(
            ["alike"], row[np.newaxis], register_version=1, embedding_id=embedder.embedding_id
        )

        (photo,) = examiner.examine(files(portraits, OBAMA), gallery).results

        assert photo.accepted
        assert (photo.reason, photo.other) == (Remark.ALIKE, "alike")
        assert "not the same person" in photo.hint

    def test_a_human_can_say_that_two_people_are_alike(
        self, examiner: Examiner, nobody: Gallery, portraits: Path
    ) -> None:
        """A twin is enrolled once somebody confirms that it is not the same person."""
        template = examiner.examine(files(portraits, OBAMA), nobody).templates[0]
        gallery = Gallery.build(
            ["twin"],
            template.embedding[np.newaxis],
            register_version=1,
            embedding_id=template.embedding_id,
        )

        examination = examiner.examine(
            files(portraits, OBAMA), gallery, distinct_from=frozenset({"twin"})
        )

        assert reasons(examination) == [None]

    def test_another_embedders_gallery_is_refused(self, examiner: Examiner) -> None:
        """Similarities across embedders mean nothing, so they are never computed."""
        other = Gallery.build(
            ["a"], np.eye(1, 128), register_version=1, embedding_id="another embedder"
        )

        with pytest.raises(ValueError, match="another embedder"):
            examiner.examine([], other)


def test_no_embedding_is_printed() -> None:
    """What a log or a traceback shows of a template holds no biometric data."""
    assert "0.6" not in repr(Template(np.array([0.6, 0.8], np.float32), "e"))
