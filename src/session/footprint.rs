//! Gives memory back while nothing happens: what only the start needed of the program's own file, and the free pages of
//! the heap.
//!
//! Most of what a waiting client holds is its program: reading the options, dialing and the opening handshake run
//! through code that never runs again, and the kernel maps 64 KiB around each page that is touched. Once nothing has
//! happened for a moment, at first and after each opening, these pages are unmapped. What is needed after all comes
//! back from the page cache, a few microseconds for each 64 KiB; so a run that is busy, or short, is left alone.
//! Called by `engine`; built on Linux only.
//!
//! Only pages of this program's file are given back, which no thread can unmap meanwhile, and of these only mappings
//! that can neither be written to nor hold a page that differs from the file: relocated data and a debugger's
//! breakpoints stay.

use std::fs;
use std::ops::Range;

use rustix::mm::{Advice, madvise};

/// Gives back the free pages of the heap and, where it may hold more than it needs, those of the program.
pub(super) fn give_back(and_program: bool) {
    if and_program {
        give_back_program();
    }
    give_back_heap();
}

/// Gives the free pages of the heap back. glibc keeps them for what is asked of it next, up to 64 MB once a large
/// buffer was freed.
fn give_back_heap() {
    // SAFETY: it takes no pointer, any thread may call it at any time, and what is allocated stays where it is.
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code)] // No safe interface has it; argued above.
    // Whether there was anything to give back makes no difference.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Unmaps the pages of the program. Where /proc does not tell which they are, nothing is done.
fn give_back_program() {
    let Ok(program) = fs::read_link("/proc/self/exe") else { return };
    let (Some(program), Ok(smaps)) = (program.to_str(), fs::read_to_string("/proc/self/smaps")) else {
        return;
    };
    for range in unchanged(&smaps, program) {
        let start = std::ptr::with_exposed_provenance_mut(range.start);
        // SAFETY: nothing is lost, since each page of the range is as the file has it and is read from there when it is
        // touched next; nor does the mapping go away or become another one while the program runs.
        #[allow(unsafe_code)] // No safe interface takes pages away; argued above.
        // A kernel that refuses leaves them, which costs memory and nothing else.
        let _ = unsafe { madvise(start, range.len(), Advice::LinuxDontNeed) };
    }
}

/// The mappings of the file `program` that are as the file is, in the form of proc_pid_smaps(5).
fn unchanged(smaps: &str, program: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut mapping = None;
    for line in smaps.lines() {
        match line.split_once(": ").filter(|(name, _)| !name.contains(' ')) {
            None => mapping = file_mapping(line, program),
            // Pages that differ from the file, in memory and swapped out.
            Some(("Anonymous" | "Swap", amount)) if amount.trim() != "0 kB" => mapping = None,
            // The last line of a mapping. One that was writable before it was relocated is accounted for.
            Some(("VmFlags", flags)) if flags.split(' ').any(|flag| flag == "ac") => mapping = None,
            Some(("VmFlags", _)) => ranges.extend(mapping.take()),
            Some(_) => {}
        }
    }
    ranges
}

/// The range that the head of a mapping names, where that is one of the file `program` which nobody writes to.
fn file_mapping(head: &str, program: &str) -> Option<Range<usize>> {
    // Five fields, each followed by one space; the path begins behind more of them.
    let mut fields = head.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let path = fields.nth(3)?.trim_start();
    let address = |text| usize::from_str_radix(text, 16).ok();
    let is_kept = matches!(permissions, "r--p" | "r-xp") && path == program;
    is_kept.then_some(address(start)?..address(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mapping as the kernel writes it, of this many changed KiB, all in memory.
    fn mapping(head: &str, changed: u32) -> String {
        listed(head, changed, 0, "rd mr mw me")
    }

    /// The same with so many of them swapped out.
    fn listed(head: &str, changed: u32, swapped: u32, flags: &str) -> String {
        format!(
            "{head}\nSize:  64 kB\nRss:  64 kB\nPrivate_Dirty: 0 kB\nAnonymous: {changed:>10} kB\n\
             Swap: {swapped:>10} kB\nTHPeligible: 0\nVmFlags: {flags} \n"
        )
    }

    #[test]
    fn relocated_data_stays_even_where_all_of_it_is_swapped_out() {
        let head = "5000-6000 r--p 00004000 08:01 42                      /p";
        assert!(unchanged(&listed(head, 0, 688, "rd mr mw me"), "/p").is_empty());
        assert!(unchanged(&listed(head, 0, 0, "rd mr mw me ac"), "/p").is_empty());
        assert_eq!(unchanged(&listed(head, 0, 0, "rd mr mw me"), "/p").len(), 1);
    }

    #[test]
    fn mappings_of_the_program_that_are_as_the_file_is() {
        let smaps = [
            mapping("1000-2000 r--p 00000000 08:01 42                      /bin/my program", 0),
            mapping("2000-5000 r-xp 00001000 08:01 42                      /bin/my program", 0),
            mapping("5000-6000 r--p 00004000 08:01 42                      /bin/my program", 4),
            mapping("6000-7000 rw-p 00005000 08:01 42                      /bin/my program", 0),
            mapping("7000-8000 rw-p 00000000 00:00 0                       [heap]", 0),
            mapping("8000-9000 rw-p 00000000 00:00 0 ", 0),
            mapping("9000-a000 r-xp 00000000 08:01 43                      /lib/libc.so.6", 0),
            mapping("a000-b000 r-xs 00000000 08:01 42                      /bin/my program", 0),
        ];
        assert_eq!(unchanged(&smaps.concat(), "/bin/my program"), [0x1000..0x2000, 0x2000..0x5000]);
    }

    #[test]
    fn what_is_no_list_of_mappings_names_none() {
        for text in [
            "",
            "nonsense",
            "1000-2000 r-xp\nVmFlags: rd",
            "zz-2000 r-xp 0 0 0 /p\nVmFlags: rd",
            "VmFlags: rd",
        ] {
            assert!(unchanged(text, "/p").is_empty(), "{text}");
        }
    }
}
