//! Networks through the real program: arrays in, arrays out.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::world::{fails, ok};

/// Shape and values of every array of a file.
type Arrays = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Writes arrays as float32, or as int16 (radar: uint16) where they are inputs.
fn write(path: &Path, arrays: &Arrays, integers: bool) {
    let stored = |name: &str, values: &[f32]| -> (Dtype, Vec<u8>) {
        match (integers, name.starts_with("s1")) {
            (false, _) => (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            (true, true) => {
                (Dtype::U16, values.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect())
            }
            (true, false) => {
                (Dtype::I16, values.iter().flat_map(|v| (*v as i16).to_le_bytes()).collect())
            }
        }
    };
    let all: Vec<(String, Vec<usize>, Dtype, Vec<u8>)> = arrays
        .iter()
        .map(|(name, (shape, values))| {
            let (dtype, bytes) = stored(name, values);
            (name.clone(), shape.clone(), dtype, bytes)
        })
        .collect();
    let views: Vec<(String, TensorView)> = all
        .iter()
        .map(|array| {
            let (name, shape, dtype, bytes) = array;
            let view = TensorView::new(*dtype, shape.clone(), bytes).expect("an array");
            (name.clone(), view)
        })
        .collect();
    let bytes = safetensors::serialize(views, None::<HashMap<String, String>>);
    std::fs::write(path, bytes.expect("a file")).expect("a file");
}

fn read(path: &Path) -> Arrays {
    let bytes = std::fs::read(path).expect("a file");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let array = |(name, view): (String, TensorView)| {
        assert_eq!(view.dtype(), Dtype::F32);
        let values = view.data().chunks_exact(4);
        let values = values.map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")));
        (name, (view.shape().to_vec(), values.collect()))
    };
    file.tensors().into_iter().map(array).collect()
}

fn zeros(shape: &[usize]) -> (Vec<usize>, Vec<f32>) {
    (shape.to_vec(), vec![0.0; shape.iter().product()])
}

/// The residual network with four features, by Keras' names. All it does: the last band gets the
/// first band of the pixel above, and every band its bias.
fn weights() -> Arrays {
    let mut all = Arrays::new();
    let mut layer = |name: &str, inputs: usize| {
        all.insert(format!("{name}/kernel"), zeros(&[3, 3, inputs, 4]));
        all.insert(format!("{name}/bias"), zeros(&[4]));
    };
    layer("conv1_relu", 6);
    for block in 0..16 {
        layer(&format!("block{block}_conv1_relu"), 4);
        layer(&format!("block{block}_conv2_relu"), 4);
    }
    layer("conv2", 4);
    // Row 0 is the pixel above; channels are VV, VH, B02, …
    all.get_mut("conv1_relu/kernel").expect("a kernel").1[(6 + 2) * 4] = 1.0;
    all.get_mut("conv2/kernel").expect("a kernel").1[((3 + 1) * 4) * 4 + 3] = 1.0;
    all.get_mut("conv2/bias").expect("a bias").1 = vec![0.1, 0.2, 0.3, 0.4];
    all
}

const CARD: &str = "name='tiny'\nnetwork='ssop-resnet'\nwidth=1\ninputs=['s1_t','s2_t']\n";

/// Numbers as the archive stores them.
fn inputs() -> Arrays {
    let count = |bands: usize| (0..6 * 5 * bands).map(|i| (i * 37 % 4000) as f32);
    BTreeMap::from([
        ("s1_t".to_owned(), (vec![1, 6, 5, 2], count(2).map(|v| v * 15.0).collect())),
        ("s2_t".to_owned(), (vec![1, 6, 5, 4], count(4).collect())),
    ])
}

/// A folder with card, weights and inputs, and the words of a run over them.
struct Trial {
    dir: tempfile::TempDir,
}

impl Trial {
    fn new(weights: &Arrays, inputs: &Arrays) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("tiny.toml"), CARD).expect("a card");
        write(&dir.path().join("w.safetensors"), weights, false);
        write(&dir.path().join("i.safetensors"), inputs, true);
        Self { dir }
    }

    fn words(&self) -> Vec<String> {
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        let mut words = vec!["model".to_owned(), "run".to_owned(), path("tiny.toml")];
        for (flag, name) in [
            ("--weights", "w.safetensors"),
            ("--inputs", "i.safetensors"),
            ("--to", "o.safetensors"),
        ] {
            words.extend([flag.to_owned(), path(name)]);
        }
        words
    }

    fn run(&self, more: &[&str]) -> Arrays {
        let words = self.words();
        ok(&words.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>());
        read(&self.dir.path().join("o.safetensors"))
    }

    fn fails(&self) -> String {
        let words = self.words();
        let (code, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(code == 1 || code == 2, "{code} {text}");
        assert!(text.contains("next:") && !self.dir.path().join("o.safetensors").exists());
        text
    }
}

#[test]
fn a_network_with_keras_weights_gives_what_they_say() {
    let (weights, inputs) = (weights(), inputs());
    let trial = Trial::new(&weights, &inputs);
    let answer = trial.run(&["--pad", "0,2"]);
    let (shape, image) = &answer["output.s2_target"];
    assert_eq!(shape, &[1, 6, 5, 4]);
    let seen = |y: usize, x: usize, band: usize| inputs["s2_t"].1[(y * 5 + x) * 4 + band] * 1e-4;
    for (y, x, band) in
        (0..6).flat_map(|y| (0..5).flat_map(move |x| (0..4).map(move |b| (y, x, b))))
    {
        let above = if band == 3 && y > 0 { seen(y - 1, x, 0) } else { 0.0 };
        let wanted = seen(y, x, band) + above + 0.1 * (band + 1) as f32;
        let got = image[(y * 5 + x) * 4 + band];
        assert!((got - wanted).abs() < 1e-6, "{y} {x} {band}: {got} {wanted}");
    }
    let (shape, crop) = &answer["output.s2_target_pad2"];
    assert_eq!(shape, &[1, 2, 1, 4]);
    assert!((crop[0] - 1e4 * image[(2 * 5 + 2) * 4]).abs() < 1e-2);
    assert_eq!(answer["output.s2_target_pad0"].0, [1, 6, 5, 4]);
}

#[test]
fn our_own_names_and_scaled_floats_give_the_same() {
    let (mut theirs, mut inputs) = (weights(), inputs());
    let wanted = Trial::new(&theirs, &inputs).run(&[]);
    let mut ours = Arrays::new();
    for (name, (shape, values)) in std::mem::take(&mut theirs) {
        let (layer, part) = name.split_once('/').expect("a layer");
        let layer = layer.strip_suffix("_relu").unwrap_or(layer);
        match *shape {
            [h, w, i, o] => {
                let at = |n: usize| {
                    let (x, y, c, k) = (n % w, n / w % h, n / w / h % i, n / w / h / i);
                    values[((y * w + x) * i + c) * o + k]
                };
                let values = (0..values.len()).map(at).collect();
                ours.insert(format!("{layer}.weight"), (vec![o, i, h, w], values));
            }
            _ => drop(ours.insert(format!("{layer}.{part}"), (shape, values))),
        }
    }
    let trial = Trial::new(&ours, &inputs);
    assert_eq!(trial.run(&[]), wanted);
    for (name, array) in &mut inputs {
        let scale = if name == "s1_t" { 1.0 / 65_535.0 } else { 1e-4 };
        array.1.iter_mut().for_each(|v| *v *= scale);
    }
    write(&trial.dir.path().join("i.safetensors"), &inputs, false);
    let got = trial.run(&["--scaled"]);
    let pairs = got["output.s2_target"].1.iter().zip(&wanted["output.s2_target"].1);
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn what_does_not_fit_is_named() {
    let weights_with = |edit: &dyn Fn(&mut Arrays)| {
        let mut weights = weights();
        edit(&mut weights);
        Trial::new(&weights, &inputs()).fails()
    };
    let text = weights_with(&|w| drop(w.remove("block3_conv1_relu/bias")));
    assert!(text.contains("block3_conv1.bias is missing"), "{text}");
    let text = weights_with(&|w| drop(w.insert("conv9/bias".into(), zeros(&[4]))));
    assert!(text.contains("conv9/bias is not a part of it"), "{text}");
    let text = weights_with(&|w| drop(w.insert("conv2/kernel".into(), zeros(&[3, 3, 4, 5]))));
    assert!(text.contains("conv2/kernel is [3, 3, 4, 5], not [3, 3, 4, 4]"), "{text}");
    let text = weights_with(&|w| w.get_mut("conv2/bias").expect("a bias").1[1] = f32::NAN);
    assert!(text.contains("conv2/bias") && text.contains("not finite"), "{text}");
    let inputs_with = |edit: &dyn Fn(&mut Arrays)| {
        let mut inputs = inputs();
        edit(&mut inputs);
        Trial::new(&weights(), &inputs).fails()
    };
    let text = inputs_with(&|i| drop(i.remove("s1_t")));
    assert!(text.contains("the input s1_t is missing") && text.contains("s2_t"), "{text}");
    let text = inputs_with(&|i| drop(i.insert("s2_t".into(), zeros(&[1, 4, 6, 5]))));
    assert!(text.contains("s2_t is [1, 4, 6, 5], not [batch, height, width, 4]"), "{text}");
    let text = inputs_with(&|i| drop(i.insert("s2_t".into(), zeros(&[1, 6, 4, 4]))));
    assert!(text.contains("s2_t") && text.contains("does not fit"), "{text}");
}

#[test]
fn imported_weights_carry_their_card_and_answer_the_same() {
    let trial = Trial::new(&weights(), &inputs());
    let wanted = trial.run(&[]);
    let path = |name: &str| trial.dir.path().join(name).display().to_string();
    let (theirs, ours, card) = (path("w.safetensors"), path("ours.safetensors"), path("tiny.toml"));
    let said = ok(&["model", "import", &theirs, "--as", &card, "--to", &ours]);
    assert!(said.contains("parameters from safetensors"), "{said}");
    let bytes = std::fs::read(&ours).expect("weights");
    assert!(SafeTensors::deserialize(&bytes).expect("safetensors").tensor("conv1.weight").is_ok());
    std::fs::rename(&ours, &theirs).expect("a file");
    assert_eq!(trial.run(&[]), wanted);
    let (code, text) = fails(&["model", "import", &path(""), "--as", &card, "--to", &ours]);
    assert!(code == 1 && text.contains("no variables.index"), "{code} {text}");
    std::fs::create_dir(path("variables")).expect("a folder");
    std::fs::write(path("variables/variables.index"), [7; 99]).expect("a file");
    let (code, text) = fails(&["model", "import", &path(""), "--as", &card, "--to", &ours]);
    assert!(code == 1 && text.contains("does not end as an index"), "{code} {text}");
    let (code, text) = fails(&["model", "import", &theirs, "--as", "david", "--to", &ours]);
    assert!(code == 1 && text.contains("block0_conv1.bias is not a part of it"), "{code} {text}");
    assert!(!Path::new(&ours).exists());
}

#[test]
fn code_runs_only_if_that_is_said() {
    let trial = Trial::new(&weights(), &inputs());
    let text = CARD.replace("ssop-resnet", "torchscript") + "script='net.pt'\n";
    let card = trial.dir.path().join("script.toml").display().to_string();
    std::fs::write(&card, text).expect("a card");
    let mut words = trial.words();
    words[2] = card;
    words.retain(|w| w != "--weights" && !w.ends_with("w.safetensors"));
    let (code, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(code == 2 && text.contains("--allow-code"), "{code} {text}");
    words.push("--allow-code".into());
    let (code, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(code == 1 && text.contains("net.pt"), "{code} {text}");
}

#[test]
fn every_card_is_described_with_its_cost() {
    for line in ok(&["model", "list"]).lines() {
        let name = line.split_whitespace().next().expect("a name");
        let page = ok(&["model", "describe", name]);
        assert!(page.contains("multiply-adds a pixel") && page.contains("sees"), "{page}");
    }
    let page = ok(&["model", "describe", "crga_os2_unet_all_bands"]);
    assert!(page.contains("30496138 parameters") && page.contains("59.1 G"), "{page}");
    assert!(page.contains("target s2_target, s2_20m_target"), "{page}");
}
