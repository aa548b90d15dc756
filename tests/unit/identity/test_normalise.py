import pyarrow as pa
import pytest

from enishi.identity import normalise


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("text", "　山田　 太郎 ", "山田 太郎"),
        ("text", "   ", None),
        ("kana", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダタロー"),
        ("kana", "やまだ　たろう", "ヤマダタロー"),
        ("kana", "ヤマダ・タロー"[:3] + "タロー", "ヤマダタロー"),
        ("kana", "オオノ", "オーノ"),
        ("kana", "ｵｰﾉ", "オーノ"),
        ("kana", "オ－ノ", "オーノ"),
        ("kana", "オノ", "オノ"),
        ("kana", "ケイコ", "ケーコ"),
        ("kana", "ユウジ", "ユージ"),
        ("kana", "ミツヅカ", "ミツズカ"),
        ("kana", "", None),
        ("name", "髙﨑　太郎", "高崎太郎"),
        ("name", "𠮷田 花子", "吉田花子"),
        ("name", "渡邊", "渡辺"),
        ("phone", "０９０－００００－１２３４", "+819000001234"),
        ("phone", "(090)0000 1234", "+819000001234"),
        ("phone", "+81 90-0000-1234", "+819000001234"),
        ("phone", "+81(0)90-0000-1234", "+819000001234"),
        ("phone", "008190 0000 1234", "+819000001234"),
        ("phone", "03-0000-1234", "+81300001234"),
        ("phone", "+1 (415) 555-0100", "+14155550100"),
        ("phone", "1234", None),
        ("phone", "09000001", None),
        ("phone", "なし", None),
        ("mail", " Taro.Yamada＠Example.JP ", "Taro.Yamada@example.jp"),
        ("mail", "taro+shop@example.com", "taro+shop@example.com"),
        ("mail", "taro.example.com", None),
        ("mail", "a@b@example.com", None),
        ("mail_key", "Taro.Yamada@Example.JP", "taro.yamada@example.jp"),
        ("postal", "１６０－００２３", "1600023"),
        ("postal", "〒160-0023", "1600023"),
        ("postal", "60-0001", "0600001"),
        ("postal", "160-002", "0160002"),
        ("postal", "16000234", None),
        ("address", "西新宿一丁目２番３号", "西新宿1-2-3"),
        ("address", "西新宿 １－２－３", "西新宿1-2-3"),
        ("address", "西新宿二十三丁目4番地の5", "西新宿23-4-5"),
        ("address", "西新宿1ー2ー3", "西新宿1-2-3"),
        ("name", "瀨戸 寬", "瀬戸寛"),
        ("name", "栁澤舘嶽", "柳沢館岳"),
        ("phone", "03-0000-1234 内線 56", "+81300001234"),
        ("phone", "03-0000-1234 ext. 56", "+81300001234"),
        ("phone", "03-0000-1234(ext 56)", "+81300001234"),
        ("phone", "03-0000-1234 x56", "+81300001234"),
        ("phone", "03-0000-1234#56", "+81300001234"),
        ("mail_key", "Taro.Yamada+Shop@GoogleMail.com", "taroyamada@gmail.com"),
        ("mail_key", "t.a.r.o@gmail.com", "taro@gmail.com"),
        ("mail_key", "taro.yamada+shop@outlook.jp", "taro.yamada@outlook.jp"),
        ("mail_key", "taro+shop@me.com", "taro@icloud.com"),
        ("mail_key", "taro+shop@example.jp", "taro+shop@example.jp"),
        ("mail_key", "taro.yamada@docomo.ne.jp", "taro.yamada@docomo.ne.jp"),
        ("mail_key", "+shop@gmail.com", "+shop@gmail.com"),
        ("mail", "Taro.Yamada+Shop@GMAIL.com", "Taro.Yamada+Shop@gmail.com"),
        ("street", "東京都新宿区西新宿一丁目２番３号縁ビル４０５", "新宿区西新宿1-2-3"),
        ("street", "新宿区西新宿1-2-3-405", "新宿区西新宿1-2-3"),
        ("street", "新宿区西新宿1-2-3 405号室", "新宿区西新宿1-2-3"),
        ("street", "神奈川県横浜市中区本町6-50", "中区本町6-50"),
        ("street", "中区本町６丁目５０番地", "中区本町6-50"),
        ("street", "埼玉県比企郡嵐山町大字菅谷字東原123番地4", "比企郡嵐山町菅谷東原123-4"),
        ("street", "比企郡嵐山町菅谷東原123-4", "比企郡嵐山町菅谷東原123-4"),
        ("street", "京都府京都市上京区", "上京区"),
        ("street", "京都市中京区烏丸通", "中京区烏丸通"),
        ("street", "三重県四日市市諏訪町1番5号", "四日市市諏訪町1-5"),
        ("building", "東京都新宿区西新宿一丁目２番３号縁ビル４０５", "縁ビル405"),
        ("building", "新宿区西新宿1-2-3-405", "405"),
        ("building", "新宿区西新宿1-2-3 405号室", "405"),
        ("building", "新宿区西新宿1-2-3", None),
        ("building", "京都市中京区烏丸通", None),
    ],
)
def test_written_forms_meet_in_one(kind: str, written: str, normal: str | None) -> None:
    assert normalise.one(kind, written) == normal


@pytest.mark.parametrize("kind", sorted(normalise.NORMALISERS))
def test_null_and_length_are_kept(kind: str) -> None:
    values = pa.array([None, "", "x", None], pa.string())
    answer = normalise.NORMALISERS[kind](values)
    assert len(answer) == 4
    assert answer[0].as_py() is None
    assert answer[3].as_py() is None


@pytest.mark.parametrize("kind", sorted(normalise.NORMALISERS))
def test_an_empty_column_is_fine(kind: str) -> None:
    assert len(normalise.NORMALISERS[kind](pa.array([], pa.string()))) == 0


@pytest.mark.parametrize("kind", sorted(normalise.NORMALISERS))
def test_a_normal_form_is_its_own_normal_form(kind: str) -> None:
    written = [
        "ﾔﾏﾀﾞ ﾀﾛｳ",
        "０９０－００００－１２３４",
        "Taro@Example.JP",
        "160-0023",
        "西新宿一丁目２番３号",
        "髙﨑　太郎",
    ]
    once = normalise.NORMALISERS[kind](pa.array(written))
    assert normalise.NORMALISERS[kind](once).equals(once)


def test_chunked_columns_are_taken() -> None:
    chunked = pa.chunked_array([["おおの"], [None, "ｵｰﾉ"]])
    assert normalise.kana(chunked).to_pylist() == ["オーノ", None, "オーノ"]
