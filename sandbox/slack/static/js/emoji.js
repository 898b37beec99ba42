// Emoji shortcodes and the pictures they stand for. Unknown names stay literal, as custom emoji of another workspace do.

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|ok_hand 👌|point_right 👉|point_left 👈
point_up ☝️|point_down 👇|point_up_2 👆|raised_hand ✋|hand ✋|v ✌️|crossed_fingers 🤞|handshake 🤝|writing_hand ✍️|eyes 👀|eye 👁️|brain 🧠
smile 😄|smiley 😃|grinning 😀|grin 😁|joy 😂|laughing 😆|slightly_smiling_face 🙂|wink 😉|blush 😊|heart_eyes 😍|sunglasses 😎|thinking_face 🤔
neutral_face 😐|face_with_rolling_eyes 🙄|sweat_smile 😅|cry 😢|sob 😭|scream 😱|rage 😡|sleeping 😴|partying_face 🥳|hugging_face 🤗|shrug 🤷
man-shrugging 🤷‍♂️|woman-shrugging 🤷‍♀️|facepalm 🤦|robot_face 🤖|ghost 👻|skull 💀|poop 💩|hankey 💩|see_no_evil 🙈|bust_in_silhouette 👤
busts_in_silhouette 👥|technologist 🧑‍💻|firefighter 🧑‍🚒|detective 🕵️|heart ❤️|green_heart 💚|yellow_heart 💛|blue_heart 💙|broken_heart 💔|100 💯|boom 💥
fire 🔥|sparkles ✨|star ⭐|star2 🌟|tada 🎉|confetti_ball 🎊|trophy 🏆|first_place_medal 🥇|medal 🏅|rocket 🚀|zap ⚡|sunny ☀️|sunrise 🌅|city_sunset 🌆
crescent_moon 🌙|cloud ☁️|umbrella ☔|rainbow 🌈|snowflake ❄️|ocean 🌊|seedling 🌱|evergreen_tree 🌲|white_check_mark ✅|heavy_check_mark ✔️
ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|heavy_multiplication_x ✖️|warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑
stop_sign 🛑|exclamation ❗|heavy_exclamation_mark ❗|grey_exclamation ❕|question ❓|grey_question ❔|bangbang ‼️|interrobang ⁉️|information_source ℹ️
red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵
blue_circle 🔵|large_purple_circle 🟣|purple_circle 🟣|large_brown_circle 🟤|brown_circle 🟤|black_circle ⚫|white_circle ⚪|large_red_square 🟥|red_square 🟥
large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦|large_purple_square 🟪|black_large_square ⬛|white_large_square ⬜
small_red_triangle 🔺|small_red_triangle_down 🔻|small_orange_diamond 🔸|small_blue_diamond 🔹|large_orange_diamond 🔶|large_blue_diamond 🔷
radio_button 🔘|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrow_up_small 🔼|arrow_down_small 🔽
arrow_forward ▶️|arrow_backward ◀️|double_vertical_bar ⏸️|pause_button ⏸️|black_square_for_stop ⏹️|stop_button ⏹️|play_or_pause_button ⏯️|fast_forward ⏩|rewind ⏪
repeat 🔁|arrows_counterclockwise 🔄|arrows_clockwise 🔃|leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|back 🔙|soon 🔜|new 🆕|ok 🆗|up 🆙|sos 🆘|free 🆓
zero 0️⃣|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟|hash #️⃣|heavy_plus_sign ➕|heavy_minus_sign ➖
bell 🔔|no_bell 🔕|mute 🔇|loud_sound 🔊|mega 📣|loudspeaker 📢|speech_balloon 💬|thought_balloon 💭|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤|mailbox 📫
phone ☎️|telephone_receiver 📞|iphone 📱|computer 💻|desktop_computer 🖥️|keyboard ⌨️|printer 🖨️|satellite_antenna 📡|electric_plug 🔌|battery 🔋|bulb 💡
bar_chart 📊|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|chart 💹|moneybag 💰|money_with_wings 💸|dollar 💵|credit_card 💳|receipt 🧾|coin 🪙
clipboard 📋|memo 📝|pencil 📝|pencil2 ✏️|page_facing_up 📄|page_with_curl 📃|newspaper 📰|book 📖|books 📚|bookmark 🔖|label 🏷️|pushpin 📌|round_pushpin 📍
paperclip 📎|link 🔗|scissors ✂️|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️|file_cabinet 🗄️|wastebasket 🗑️|calendar 📆|date 📅|spiral_calendar_pad 🗓️
alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|hourglass ⌛|hourglass_flowing_sand ⏳|watch ⌚|clock1 🕐|clock3 🕒|clock6 🕕|clock9 🕘|clock12 🕛|mantelpiece_clock 🕰️
lock 🔒|unlock 🔓|key 🔑|closed_lock_with_key 🔐|shield 🛡️|hammer 🔨|wrench 🔧|hammer_and_wrench 🛠️|gear ⚙️|toolbox 🧰|construction 🚧|building_construction 🏗️|bricks 🧱
mag 🔍|mag_right 🔎|microscope 🔬|telescope 🔭|test_tube 🧪|pill 💊|thermometer 🌡️|syringe 💉|adhesive_bandage 🩹|ambulance 🚑|fire_engine 🚒|fire_extinguisher 🧯
traffic_light 🚦|vertical_traffic_light 🚥|checkered_flag 🏁|triangular_flag_on_post 🚩|white_flag 🏳️|rainbow_flag 🏳️‍🌈|world_map 🗺️|earth_africa 🌍|earth_americas 🌎
earth_asia 🌏|globe_with_meridians 🌐|office 🏢|factory 🏭|house 🏠|package 📦|gift 🎁|shopping_trolley 🛒|camera 📷|movie_camera 🎥|clapper 🎬|film_frames 🎞️|tv 📺
art 🎨|frame_with_picture 🖼️|musical_note 🎵|headphones 🎧|microphone 🎤|dart 🎯|game_die 🎲|jigsaw 🧩|crystal_ball 🔮|magic_wand 🪄|coffee ☕|tea 🍵|beer 🍺|beers 🍻
cake 🍰|birthday 🎂|pizza 🍕|apple 🍎|popcorn 🍿|dog 🐶|cat 🐱|bug 🐛|bee 🐝|snail 🐌|turtle 🐢|tiger 🐯|unicorn_face 🦄|whale 🐳|bird 🐦|see-no-evil 🙈
car 🚗|bus 🚌|airplane ✈️|ship 🚢|bike 🚲|recycle ♻️|infinity ♾️|copyright ©️|registered ®️|tm ™️|wavy_dash 〰️|anchor ⚓|beginner 🔰|atom_symbol ⚛️
`;

const GLYPHS = new Map(
  TABLE.trim()
    .split(/[|\n]/)
    .map((entry) => entry.split(" ")),
);
const NAMES = new Map([...GLYPHS].reverse().map(([name, picture]) => [picture, name]));
const TONES = ["🏻", "🏼", "🏽", "🏾", "🏿"];

const PICTURE =
  /((?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[0-9#*]\uFE0F\u20E3)\p{EMod}?(?:\u200D(?:\p{Extended_Pictographic}|\p{Emoji_Presentation})\uFE0F?)*|\p{RI}\p{RI})/u;

/** The picture for `white_check_mark`, or undefined; `tone` is "" or "skin-tone-2" … "skin-tone-6". */
export function glyph(name, tone = "") {
  const picture = GLYPHS.get(name);
  return picture && tone ? picture + TONES[Number(tone.at(-1)) - 2] : picture;
}

/** "done ✅" → [{text: "done "}, {name: "white_check_mark", glyph: "✅"}] */
export function splitEmoji(text) {
  return text
    .split(PICTURE)
    .filter(Boolean)
    .map((piece) => (PICTURE.test(piece) ? { name: NAMES.get(piece) ?? "emoji", glyph: piece } : { text: piece }));
}

/** Up to `limit` [name, picture] pairs whose names start with, or then contain, `part`. */
export function findEmoji(part, limit) {
  const all = [...GLYPHS];
  const starts = all.filter(([name]) => name.startsWith(part));
  return [...starts, ...all.filter(([name]) => !name.startsWith(part) && name.includes(part))].slice(0, limit);
}
